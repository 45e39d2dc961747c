import type { Task } from "@plyr/docket";
import { clearExport } from "../exports/clear-export.js";
import { exportGivenUp, exportMedia, exportTroubled } from "../exports/export-media.js";
import type { GivenUp } from "../outbox/burial.js";
import type { Troubled } from "../outbox/last-error.js";
import { noticeGivenUp, sendNotice } from "../notices/send-notice.js";
import { scanGivenUp, scanTrack, scanTroubled } from "../scans/scan-track.js";
import { leave, leaveGivenUp } from "../people/leave.js";
import { listGivenUp, writeList } from "../lists/write-list.js";
import { statusGivenUp, writeStatus } from "../plays/write-status.js";
import { publishGivenUp, publishTrack } from "../tracks/publish-track.js";
import { withdrawTrack } from "../tracks/withdraw-track.js";
import type { TaskServices } from "./services.js";
import { writeBatch } from "./write-batch.js";
import { syncGivenUp, syncPerson } from "./sync-person.js";
import { recordGivenUp, writeRecord } from "./write-record.js";

export interface RegisteredTask {
  readonly task: Task<unknown, TaskServices>;
  /** Notes beside what the task was about that it has been given up; where nothing is, the intent alone says so. */
  readonly givenUp?: GivenUp;
  /** Notes beside what the task was about that it is tried again; where that is a record, this is done for all alike. */
  readonly troubled?: Troubled;
}

/** Every task of the service, each once. */
export const registry: readonly RegisteredTask[] = [
  { task: writeRecord, givenUp: recordGivenUp },
  { task: writeBatch },
  { task: syncPerson, givenUp: syncGivenUp },
  { task: publishTrack, givenUp: publishGivenUp },
  { task: withdrawTrack },
  { task: scanTrack, givenUp: scanGivenUp, troubled: scanTroubled },
  { task: sendNotice, givenUp: noticeGivenUp },
  { task: writeStatus, givenUp: statusGivenUp },
  { task: writeList, givenUp: listGivenUp },
  { task: exportMedia, givenUp: exportGivenUp, troubled: exportTroubled },
  { task: clearExport },
  { task: leave, givenUp: leaveGivenUp },
];

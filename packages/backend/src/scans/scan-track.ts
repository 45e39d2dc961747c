import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { sql } from "kysely";
import { z } from "zod";
import { readContent } from "../fingerprints/contents.js";
import { scheduleNotice } from "../notices/notices.js";
import type { GivenUp } from "../outbox/burial.js";
import type { Troubled } from "../outbox/last-error.js";
import { pauseAfter } from "../records/pauses.js";
import type { TaskServices } from "../tasks/services.js";
import { noteContent, notePutOff, readOpenScan, settle, type OpenScan } from "./scan-rows.js";
import { ScanFailed, ScanPutOff, type Finding } from "./scanner.js";

/** `owner`: whose track it is, a DID; what an earlier version has accepted lacks it. */
const payload = z.object({ trackId: z.int(), owner: z.string().optional() });

/** Tries in a row after which trouble that may be the track's own doing no longer holds up the others. */
const MOST_TRIES = 30;

/**
 * Scans a track for works of others. One at a time in the whole service, so that it stays small, and never ahead of what
 * people wait for: decoding is a process of low priority, comparing is a thread.
 *
 * Safe to run twice: a scan that is settled is let be, and a call that costs is noted before it leaves.
 */
export const scanTrack = defineTask<TaskServices>()({
  name: "copyright.scan",
  payload,
  serial: () => "copyright.scan",
  retry: exponential({ attempts: 4, min: "1s", max: "1m" }),
  timeout: "30m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ trackId }, { services, key, signal }) {
    const scan = await readOpenScan(services.db, trackId);
    if (scan === undefined) return;
    const held = AbortSignal.any([signal, services.carrier.leaseOf(key).signal]);
    try {
      await conclude(services, scan, await look(services, scan, held));
    } catch (error) {
      if (held.aborted) throw error;
      if (error instanceof ScanFailed) await fail(services, scan, error);
      else if (error instanceof ScanPutOff) await putOff(services, scan, error);
      else throw error;
    }
  },
});

/** Notes at the scan that it has been given up. It is never taken for clear. */
export const scanGivenUp: GivenUp = async (tx, given, reason) => {
  await tx
    .updateTable("copyright_scans")
    .set({ state: "failed", reason: `The scan was given up: ${reason}`, settled_at: sql`now()` })
    .where("track_id", "=", payload.parse(given).trackId)
    .where("settled_at", "is", null)
    .execute();
};

/** Notes at the scan why it is tried again. */
export const scanTroubled: Troubled = async (db, given, reason) => {
  await db
    .updateTable("copyright_scans")
    .set({ reason })
    .where("track_id", "=", payload.parse(given).trackId)
    .where("settled_at", "is", null)
    .execute();
};

async function look(services: TaskServices, scan: OpenScan, signal: AbortSignal): Promise<Finding> {
  const { db, scanning } = services;
  const known = scan.contentId === null ? undefined : await readContent(db, { id: scan.contentId });
  const content = known ?? (await scanning.reader.read(scan.fileKey, scan.duration, signal));
  await noteContent(db, scan.id, content.id);
  const { trackId, artistDid, fileKey } = scan;
  const names = [scan.handle, ...(scan.displayName === null ? [] : [scan.displayName])];
  return scanning.scanner.scan({ trackId, artistDid, names, content, fileKey }, signal);
}

async function conclude({ outbox }: TaskServices, scan: OpenScan, finding: Finding): Promise<void> {
  await outbox.transact(async (tx, schedule) => {
    const noticeId =
      finding.state === "clear"
        ? null
        : await scheduleNotice(tx, schedule, {
            kind: `scan.${finding.state}`,
            did: scan.artistDid,
            about: `scan ${String(scan.id)}, round ${String(scan.round)}`,
            text: `“${scan.title}” by ${scan.displayName ?? scan.handle} ${WORDS[finding.state]}: ${finding.reason ?? ""}`,
            facts: {
              scan: scan.id,
              track: { id: scan.trackId, title: scan.title },
              artist: { did: scan.artistDid, handle: scan.handle },
              matches: finding.matches.map(({ source, title, artist }) => ({ source, title, artist })),
            },
          });
    await settle(tx, scan, finding, noticeId);
  });
}

const WORDS = { flagged: "was flagged", review: "should be looked at" };

/** @throws {RetryAt} unless it is given up */
async function putOff(services: TaskServices, scan: OpenScan, trouble: ScanPutOff): Promise<void> {
  if (trouble.mayBeTheTrack && scan.deferrals >= MOST_TRIES) {
    await fail(
      services,
      scan,
      new ScanFailed(`Given up after ${String(MOST_TRIES)} tries: ${trouble.message}`),
    );
    return;
  }
  const state = trouble.broken ? "failed" : "pending";
  const deferrals = await notePutOff(services.db, scan, state, trouble.message);
  throw new RetryAt(trouble.until ?? pauseAfter(deferrals, services.pauses), trouble.message, {
    cause: trouble,
  });
}

async function fail({ db }: TaskServices, scan: OpenScan, { message, response }: ScanFailed): Promise<void> {
  await db
    .transaction()
    .execute((tx) => settle(tx, scan, { state: "failed", reason: message, response }, null));
}

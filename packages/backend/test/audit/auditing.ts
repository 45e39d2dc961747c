import { AtpAgent } from "@atproto/api";
import { until } from "@plyr/dev";
import { z } from "zod";
import { finding, type Finding } from "../../src/audit/finding.js";
import { command } from "../cli/commanding.js";
import { NAMESPACE } from "../http/running-service.js";
import type { Person, Stage } from "../tracks/stage.js";

const write = z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() });
const like = z.object({ liked: z.boolean(), write: write.nullable() });
const comment = z.object({ id: z.int(), text: z.string(), removed: z.boolean(), write: write.nullable() });
const comments = z.object({ comments: z.array(comment) });

/** What people do through the service and past it, and what the operator's audit says of it. */
export interface Auditing {
  /** The audit's findings and its exit code. */
  audit(...options: string[]): Promise<{ code: number; findings: Finding[] }>;
  /** What people read of it. */
  told(...options: string[]): Promise<string>;
  /** Resolves when nothing is to be repaired, and nothing is on its way. */
  quiet(): Promise<void>;
  /** A track of the artist, on their PDS. */
  track(title: string): Promise<number>;
  /** Resolves with the record's address when it is on the PDS. */
  like(trackId: number): Promise<string>;
  likeOf(trackId: number): Promise<z.infer<typeof like>>;
  comment(trackId: number, text: string): Promise<{ id: number; uri: string }>;
  commentsOn(trackId: number): Promise<z.infer<typeof comment>[]>;
  /** The person at their own PDS with another app, past the gate. */
  elsewhere(person: Person): Promise<AtpAgent>;
}

export function auditing(stage: Stage, docketUrl: string, tone: Uint8Array<ArrayBuffer>): Auditing {
  const env = {
    PLYR_ENV: "development",
    DATABASE_URL: stage.databaseUrl,
    DATA_DIR: stage.service.dataDir,
    COLLECTION_NAMESPACE: NAMESPACE,
    DOCKET_URL: docketUrl,
    PLC_URL: stage.pds.plcUrl,
  };
  const { browser } = stage.listener;
  const audit: Auditing["audit"] = async (...options) => {
    const { code, stdout, stderr } = await command(env, "audit", "--json", ...options);
    if (stderr !== "") throw new Error(stderr);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return { code, findings: lines.map((line) => finding.parse(JSON.parse(line))) };
  };
  const likeOf: Auditing["likeOf"] = async (trackId) =>
    like.parse((await browser.get(`/tracks/${String(trackId)}/like`)).json());
  const commentsOn: Auditing["commentsOn"] = async (trackId) =>
    comments.parse((await browser.get(`/tracks/${String(trackId)}/comments`)).json()).comments;

  return {
    audit,
    told: async (...options) => (await command(env, "audit", ...options)).stdout,
    async quiet() {
      await until("nothing is to be done", async () => (await audit()).findings.length === 0, {
        within: 40_000,
        every: 200,
      });
    },
    async track(title) {
      const { uploadId, trackId } = await stage.upload(stage.artist, tone, { title });
      await stage.reaches(stage.artist, uploadId, "done");
      return trackId;
    },
    async like(trackId) {
      await browser.post(`/tracks/${String(trackId)}/like`);
      const { write } = await until("the like is on the PDS", async () => {
        const state = await likeOf(trackId);
        return state.write?.state === "confirmed" && state;
      });
      return write?.uri ?? "";
    },
    likeOf,
    async comment(trackId, text) {
      await browser.post(`/tracks/${String(trackId)}/comments`, { body: { text, timestamp_ms: 0 } });
      return until("the comment is on the PDS", async () => {
        const said = (await commentsOn(trackId)).find((each) => each.text === text);
        return said?.write?.state === "confirmed" && { id: said.id, uri: said.write.uri };
      });
    },
    commentsOn,
    async elsewhere({ account }) {
      const agent = new AtpAgent({ service: stage.pds.listenUrl });
      await agent.login({ identifier: account.handle, password: account.password });
      return agent;
    },
  };
}

/** Where a record is, in the words of the PDS's own calls. */
export function placeOf(uri: string): { repo: string; collection: string; rkey: string } {
  const [repo = "", collection = "", rkey = ""] = uri.slice("at://".length).split("/");
  return { repo, collection, rkey };
}

import type { PdsSession } from "../pds/session.js";
import { isCounting } from "./limits.js";
import type { Points } from "./points.js";

/** What a single write costs, in points. A batch says itself what it spends, before it leaves. */
const COST = new Map([
  ["/xrpc/com.atproto.repo.createRecord", 3],
  ["/xrpc/com.atproto.repo.putRecord", 2],
  ["/xrpc/com.atproto.repo.deleteRecord", 1],
  ["/xrpc/com.atproto.repo.applyWrites", 0],
]);

/** A session whose writes are counted, and whose PDS is listened to. At a PDS that doesn't count, single writes cost nothing. */
export function countingSession(session: PdsSession, points: Points): PdsSession {
  const { did } = session;
  return {
    did,
    async fetchHandler(path, init) {
      const response = await session.fetchHandler(path, init);
      const cost = COST.get(path.split("?")[0] ?? "");
      if (cost === undefined) return response;
      if (isCounting(response.headers)) await points.spend(did, response.status === 429 ? 0 : cost);
      else if (cost > 0) return response;
      await points.told(did, response);
      return response;
    },
  };
}

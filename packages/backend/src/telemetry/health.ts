import type { Role } from "../settings/role.js";
import { Probe } from "./probe.js";

/** What docket's own health says, as far as we look at it. */
export interface DocketHealth {
  mode: "docket" | "docket disabled" | "docket unreachable, running in process";
  evictionPolicy?: string | undefined;
}

export interface HealthReport {
  /** `degraded`: it works, but something that it relies on does not. */
  status: "ok" | "degraded";
  role: Role;
  docket: DocketHealth;
  database: { reachable: boolean };
  /** For the operator, in words. */
  warnings: string[];
}

export interface HealthSources {
  role: Role;
  askDatabase: () => Promise<unknown>;
  askDocket: () => Promise<DocketHealth>;
  /** Last known, without asking. */
  docketMode: () => DocketHealth["mode"];
  /** What was found at the start and stays true. */
  standingWarnings: readonly string[];
}

const SAFE_POLICY = "noeviction";

/** The warning for a Redis that may throw tasks away; null when it is set up as it should be. */
export function warnOfEviction(policy: string | undefined): string | null {
  if (policy === undefined || policy === SAFE_POLICY) return null;
  return (
    `Redis may evict queued tasks: its maxmemory-policy is ${policy}. Set it to ${SAFE_POLICY} ` +
    `(what is evicted is found again from the database, but late)`
  );
}

/** Last known to be there but silent now: what is added at this moment would run in process. */
function presume(lastKnown: DocketHealth["mode"]): DocketHealth["mode"] {
  return lastKnown === "docket" ? "docket unreachable, running in process" : lastKnown;
}

/** Reports on the process and what it relies on; answers within about 300 ms whatever state that is in. */
export function openHealth(sources: HealthSources): () => Promise<HealthReport> {
  const database = new Probe(sources.askDatabase);
  const docket = new Probe(sources.askDocket);
  return async () => {
    const [databaseSays, docketSays] = await Promise.all([database.ask(), docket.ask()]);
    const docketReport = docketSays.answered ? docketSays.answer : { mode: presume(sources.docketMode()) };
    const eviction = warnOfEviction(docketReport.evictionPolicy);
    const warnings = [
      ...sources.standingWarnings,
      ...(databaseSays.answered ? [] : [`The database does not answer: ${databaseSays.reason}`]),
      ...(docketSays.answered ? [] : [`Docket does not answer: ${docketSays.reason}`]),
      ...(docketReport.mode === "docket unreachable, running in process" ? [docketReport.mode] : []),
      ...(eviction === null ? [] : [eviction]),
    ];
    return {
      status: warnings.length === 0 ? "ok" : "degraded",
      role: sources.role,
      docket: docketReport,
      database: { reachable: databaseSays.answered },
      warnings,
    };
  };
}

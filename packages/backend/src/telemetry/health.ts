import type { Role } from "../settings/role.js";
import { Probe, type Finding } from "./probe.js";

/** What docket's own health says, as far as we look at it. */
export interface DocketHealth {
  mode: "docket" | "docket disabled" | "docket unreachable, running in process";
  evictionPolicy?: string | undefined;
  /** How many workers are alive, in whatever process; undefined while that isn't known. */
  workers?: number;
}

export interface HealthReport {
  /** `degraded`: it works, but something that it relies on does not. */
  status: "ok" | "degraded";
  role: Role;
  docket: DocketHealth;
  database: { reachable: boolean };
  /** Hosts of PDSs that nothing is sent to for now. What is written to others goes on, so this is no trouble of ours. */
  pds: HeldHosts;
  /** For the operator, in words. */
  warnings: string[];
}

export interface HeldHosts {
  /** Unreachable or in trouble; tried at growing intervals. */
  away: readonly string[];
  /** Our address has used up its rate limit there. */
  slowed: readonly string[];
}

export interface HealthSources {
  role: Role;
  askHeldHosts: () => Promise<HeldHosts>;
  askDatabase: () => Promise<unknown>;
  askDocket: () => Promise<DocketHealth>;
  /** Last known, without asking. */
  docketMode: () => DocketHealth["mode"];
  /** What was found at the start and stays true. */
  standingWarnings: readonly string[];
}

const SAFE_POLICY = "noeviction";
const AWAY = "docket unreachable, running in process";
const NO_WORKER =
  "No worker is alive: what is accepted waits in docket. Start a process with --role worker (or all)";

/** The warning for a Redis that may throw tasks away; null when it is set up as it should be. */
export function warnOfEviction(policy: string | undefined): string | null {
  if (policy === undefined || policy === SAFE_POLICY) return null;
  return (
    `Redis may evict queued tasks: its maxmemory-policy is ${policy}. Set it to ${SAFE_POLICY} ` +
    `(what is evicted is found again from the database, but late)`
  );
}

/**
 * Each question to Redis is a command that somebody may have to pay for, and load balancers ask for our health all day: a
 * good answer counts for a minute. That Redis is away shows earlier, as soon as something was to be added to it.
 */
const GOOD_DOCKET_MS = 60_000;
const BAD_DOCKET_MS = 1_000;

/** Reports on the process and what it relies on; answers within about 300 ms whatever state that is in. */
export function openHealth(sources: HealthSources): () => Promise<HealthReport> {
  const database = new Probe(sources.askDatabase);
  const hosts = new Probe(sources.askHeldHosts);
  const docket = new Probe(sources.askDocket, (finding) =>
    finding.answered && finding.answer.mode !== AWAY && finding.answer.workers !== 0
      ? GOOD_DOCKET_MS
      : BAD_DOCKET_MS,
  );
  return async () => {
    const [databaseSays, docketSays, hostsSay] = await Promise.all([
      database.ask(),
      docket.ask(),
      hosts.ask(),
    ]);
    const docketReport = reportDocket(docketSays, sources.docketMode());
    const eviction = warnOfEviction(docketReport.evictionPolicy);
    const warnings = [
      ...sources.standingWarnings,
      ...(databaseSays.answered ? [] : [`The database does not answer: ${databaseSays.reason}`]),
      ...(docketSays.answered ? [] : [`Docket does not answer: ${docketSays.reason}`]),
      ...(docketReport.mode === AWAY ? [docketReport.mode] : []),
      ...(docketReport.mode === "docket" && docketReport.workers === 0 ? [NO_WORKER] : []),
      ...(eviction === null ? [] : [eviction]),
    ];
    return {
      status: warnings.length === 0 ? "ok" : "degraded",
      role: sources.role,
      docket: docketReport,
      database: { reachable: databaseSays.answered },
      pds: hostsSay.answered ? hostsSay.answer : { away: [], slowed: [] },
      warnings,
    };
  };
}

/** The worse of what was asked and what was last experienced: silence counts as being away. */
function reportDocket(finding: Finding<DocketHealth>, lastKnown: DocketHealth["mode"]): DocketHealth {
  if (lastKnown === "docket disabled") return { mode: lastKnown };
  if (!finding.answered) return { mode: AWAY };
  return lastKnown === AWAY ? { ...finding.answer, mode: AWAY } : finding.answer;
}

import { concernsOf } from "../operating/concerns.js";
import type { Role } from "../settings/role.js";
import { Probe, type Finding } from "./probe.js";

/** What docket's own health says, as far as we look at it. */
export interface DocketHealth {
  mode: "docket" | "docket disabled" | "docket unreachable, running in process";
  evictionPolicy?: string | undefined;
  /** How many workers are alive, in whatever process; undefined while that isn't known. */
  workers?: number;
  /** For how many milliseconds that holds, if nothing is heard of them. */
  workersGoodFor?: number;
  /** When the last one was heard of, where none is alive; ISO 8601. */
  lastWorkerAt?: string | undefined;
  /** Tasks of which something is there, and that no live worker knows. */
  unknownTasks?: readonly string[];
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

const AWAY = "docket unreachable, running in process";

/**
 * Each question to Redis is a command that somebody may have to pay for, and load balancers ask for our health all day: a
 * good answer counts for a minute, but never for longer than the workers that it names can be trusted to live. That Redis is away shows earlier, as soon as something was to be added to it.
 */
const GOOD_DOCKET_MS = 60_000;
const BAD_DOCKET_MS = 1_000;

/** Reports on the process and what it relies on; answers within about 300 ms whatever state that is in. */
export function openHealth(sources: HealthSources): () => Promise<HealthReport> {
  const database = new Probe(sources.askDatabase);
  const hosts = new Probe(sources.askHeldHosts);
  const docket = new Probe(sources.askDocket, (finding) =>
    finding.answered && finding.answer.mode !== AWAY && finding.answer.workers !== 0
      ? Math.max(BAD_DOCKET_MS, Math.min(GOOD_DOCKET_MS, finding.answer.workersGoodFor ?? Infinity))
      : BAD_DOCKET_MS,
  );
  return async () => {
    const [databaseSays, docketSays, hostsSay] = await Promise.all([
      database.ask(),
      docket.ask(),
      hosts.ask(),
    ]);
    const docketReport = reportDocket(docketSays, sources.docketMode());
    const warnings = [
      ...sources.standingWarnings,
      ...(databaseSays.answered ? [] : [`The database does not answer: ${databaseSays.reason}`]),
      ...(docketSays.answered ? [] : [`Docket does not answer: ${docketSays.reason}`]),
      ...concernsOf(docketReport).map(({ words }) => words),
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

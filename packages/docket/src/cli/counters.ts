import { NotDone } from "./command.js";

/** What a hosted Redis that is paid for by the command asks (Upstash, as of November 2026): so many dollars … */
export const DOLLARS = 0.2;
/** … for so many commands. */
export const COMMANDS_PAID = 100_000;

const DAY_MS = 86_400_000;
/** What a docket's connections send: all else on its behalf is called by its scripts. */
const SENT = /^(evalsha|eval|blpop|info|subscribe|unsubscribe|hello|auth|select|quit|ping|client\b.*)$/;

/** What a server has counted since it was started, or since somebody had it begin anew. */
export interface Counters {
  /** When it was asked, in ms of a clock of ours that never jumps. */
  readonly at: number;
  readonly uptimeMs: number;
  readonly calls: ReadonlyMap<string, number>;
}

export interface Pace {
  /** How long was counted, in ms. */
  readonly ms: number;
  readonly sent: Reckoned;
  readonly inside: Reckoned;
}

export interface Reckoned {
  readonly counted: number;
  readonly perDay: number;
  /** Of 30 days. */
  readonly dollarsPerMonth: number;
}

/** @param info what `INFO everything` answers. @throws {NotDone} when no commands are counted in it */
export function readCounters(info: string, at: number): Counters {
  const calls = new Map<string, number>();
  for (const [, command = "", count] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm))
    calls.set(command.toLowerCase(), Number(count));
  if (calls.size === 0)
    throw new NotDone(
      "This server tells no counts of commands (INFO commandstats): look into its console, or ask docket.commandsSent() where your workers are",
    );
  const uptime = /^uptime_in_seconds:(\d+)/m.exec(info)?.[1];
  return { at, uptimeMs: Number(uptime ?? 0) * 1_000, calls };
}

/** @param earlier from when to count; undefined: from the server's start */
export function pace({ calls, at, uptimeMs }: Counters, earlier: Counters | undefined): Pace {
  const ms = Math.max(1, earlier === undefined ? Math.max(1_000, uptimeMs) : at - earlier.at);
  let [sent, inside] = [0, 0];
  for (const [command, count] of calls) {
    const more = Math.max(0, count - (earlier?.calls.get(command) ?? 0));
    if (SENT.test(command)) sent += more;
    else inside += more;
  }
  return { ms, sent: reckoned(sent, ms), inside: reckoned(inside, ms) };
}

function reckoned(counted: number, ms: number): Reckoned {
  const perDay = (counted / ms) * DAY_MS;
  return { counted, perDay, dollarsPerMonth: ((perDay * 30) / COMMANDS_PAID) * DOLLARS };
}

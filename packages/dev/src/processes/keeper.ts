import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the keeper sends first to a process whose starter has died. */
export type OrphanSignal = "KILL" | "QUIT" | "TERM";

export interface Keeper {
  /** From now on this process dies with us. Replaces the one watched before. */
  watch(pid: number): void;
  /** The watched process has ended by itself; its number may soon belong to somebody else. */
  forget(): void;
  /** Nothing is left to look after: the keeper ends, and its folder stays or was removed by the caller. */
  release(): void;
}

// The script isn't compiled, so it stays in src; this file is either in src or in dist, both one level deep.
const script = fileURLToPath(new URL("../../src/processes/keeper.sh", import.meta.url));

/**
 * Starts a watchdog for one process that isn't ours to control after a `kill -9`: Redis and Postgres know
 * nothing of their parent, and a process stopped by SIGSTOP can't notice anything.
 *
 * @param folder removed with all its content when this process dies without having called `release`
 */
export function startKeeper(signal: OrphanSignal, folder?: string): Keeper {
  // A session of its own: Ctrl-C in the terminal must not end the watchdog before its ward.
  const child = spawn("sh", [script, signal, folder ?? ""], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.unref();
  // Writing to a keeper that somebody killed is no reason to fall.
  child.stdin.on("error", () => undefined);
  const order = (words: string): void => {
    if (child.stdin.writable) child.stdin.write(`${words}\n`);
  };
  return {
    watch: (pid) => {
      order(`watch ${String(pid)}`);
    },
    forget: () => {
      order("forget");
    },
    release: () => {
      order("release");
      child.stdin.end();
    },
  };
}

import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { def, type OpOrTombstone } from "@did-plc/lib";
import { MockDatabase } from "@did-plc/server";
import { z } from "zod";

const entry = z.object({ did: z.string().startsWith("did:plc:"), operation: z.unknown() });

/**
 * The PLC directory's in-memory database, with a memory: each accepted operation is a line in a file, and all
 * of them are played again, signatures checked, when the directory starts. The directory's other database
 * needs a Postgres, which a fresh machine doesn't have.
 */
export class PlcJournal extends MockDatabase {
  readonly #file: number;
  #replaying = true;

  private constructor(file: number) {
    super();
    this.#file = file;
  }

  /** @throws when a line of the journal isn't an operation that the directory would accept */
  static async open(path: string): Promise<PlcJournal> {
    const file = openSync(path, "a+", 0o600);
    const text = readFileSync(path, "utf8");
    // What stands after the last line end was cut short by a crash, and so never acknowledged to anybody.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    ftruncateSync(file, Buffer.byteLength(whole));

    const journal = new PlcJournal(file);
    for (const [index, line] of whole.split("\n").slice(0, -1).entries()) {
      try {
        const { did, operation } = entry.parse(JSON.parse(line));
        await journal.validateAndAddOp(did, def.opOrTombstone.parse(operation));
      } catch (cause) {
        throw new Error(`Line ${String(index + 1)} of the PLC journal ${path} can't be played again.`, {
          cause,
        });
      }
    }
    journal.#replaying = false;
    return journal;
  }

  override async validateAndAddOp(did: string, proposed: OpOrTombstone): Promise<void> {
    await super.validateAndAddOp(did, proposed);
    if (this.#replaying) return;
    writeSync(this.#file, `${JSON.stringify({ did, operation: proposed })}\n`);
    fdatasyncSync(this.#file);
  }

  override async close(): Promise<void> {
    await super.close();
    closeSync(this.#file);
  }
}

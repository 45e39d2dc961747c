import { freePort } from "../network/ports.js";
import { type Pds, type PdsOptions, startPds } from "../pds/pds.js";
import { type Gate, startGate } from "./gate.js";

export interface GatedPds extends AsyncDisposable {
  pds: Pds;
  gate: Gate;
  /** Closes both. */
  close(): Promise<void>;
}

/** A PDS whose public URL is a gate's: all that anybody asks of it can be held, lost or refused. */
export async function startGatedPds(
  options: Omit<PdsOptions, "port" | "listenPort"> = {},
): Promise<GatedPds> {
  const gate = await startGate();
  try {
    const pds = await startPds({ ...options, port: gate.port, listenPort: await freePort() });
    gate.pointAt(pds.listenUrl);
    const close = async (): Promise<void> => {
      await gate.close();
      await pds.close();
    };
    return { pds, gate, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await gate.close();
    throw error;
  }
}

import { Actor } from "./actor.js";
import type { Parts } from "./parts.js";

/** Who uses the service, by what they are like. */
export interface People {
  /** Everybody. */
  readonly all: readonly Actor[];
  /** Have their plays told to teal. */
  readonly fans: readonly Actor[];
  /** Goes towards the end; undefined: everybody stays. */
  readonly leaver: Actor | undefined;
}

/** @returns all of them, signed in */
export async function enter({ pds, api }: Parts, leaves: boolean): Promise<People> {
  const join = async (name: string): Promise<Actor> => {
    const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
    const actor = new Actor(account, api.url);
    await actor.signIn();
    return actor;
  };
  const anna = await join("anna");
  const bela = await join("bela");
  const cleo = await join("cleo");
  const leaver = leaves ? await join("dora") : undefined;
  return {
    all: [anna, bela, cleo, ...(leaver === undefined ? [] : [leaver])],
    fans: [anna, bela],
    leaver,
  };
}

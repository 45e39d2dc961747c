import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Unclaimed } from "../keepers/keeper.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishGone } from "../records/pds-record.js";
import { holdStill, wishGoneAsFound, wishOnceMore } from "../records/second-look.js";
import type { AuditParts } from "./audit-parts.js";
import type { Repairable } from "./faults.js";
import type { OpenWish } from "./open-wishes.js";

/**
 * Puts a fault right, as a wish that is carried out like any other: under the subject's lease, in its order.
 *
 * @returns false: it is not as it was found any more, and nothing was done
 */
export async function repairFault(parts: AuditParts, { kind, own }: Repairable): Promise<boolean> {
  const { outbox, settle } = parts;
  const keeper = parts.keepers(own.collection);
  return outbox.transact(async (tx, schedule) => {
    await oneAtATime(tx, own.did);
    if (!(await holdStill(tx, own, settle))) return false;
    if (kind === "missing") {
      await wishGoneAsFound(tx, own.id);
      await keeper.letGo(tx, schedule, own);
    } else {
      await wishOnceMore(tx, own.id);
      await keeper.carryOn(tx, schedule, own);
    }
    return true;
  });
}

/** Has an accepted wish carried out that nothing is carrying out. @returns as `repairFault` does */
export async function repairStuck(parts: AuditParts, wish: OpenWish): Promise<boolean> {
  const keeper = parts.keepers(wish.collection);
  return parts.outbox.transact(async (tx, schedule) => {
    await oneAtATime(tx, wish.did);
    if (!(await hasVersion(tx, wish))) return false;
    await keeper.carryOn(tx, schedule, wish);
    return true;
  });
}

/** Has a record taken away that nothing here stands for. @returns as `repairFault` does */
export async function repairUnclaimed(
  parts: AuditParts,
  collection: string,
  record: Unclaimed,
): Promise<boolean> {
  const keeper = parts.keepers(collection);
  return parts.outbox.transact(async (tx, schedule) => {
    await oneAtATime(tx, record.did);
    if (!(await hasVersion(tx, record))) return false;
    await wishGone(tx, record.id);
    await keeper.carryOn(tx, schedule, record);
    return true;
  });
}

/** Nobody changes it until the transaction has ended. */
async function hasVersion(
  tx: Transaction<Schema>,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<boolean> {
  const row = await tx
    .selectFrom("pds_records")
    .select("id")
    .where("id", "=", id)
    .where("wish_version", "=", version)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

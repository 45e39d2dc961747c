import { sql } from "kysely";
import { z } from "zod";
import { takeOrder } from "../lists/album-order.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { collectionsOf } from "../records/collections.js";
import { holdStill, wishOnceMore } from "../records/second-look.js";
import { keepersOf } from "../keepers/keepers.js";
import type { OwnRecord } from "../repository/compare.js";
import type { RepositoryRecord } from "../repository/repository.js";
import type { TaskServices } from "../tasks/services.js";

/** What a list's record says of its order. Anybody may have written it. */
const listed = z.object({ items: z.array(z.object({ subject: z.object({ uri: z.string() }) })).max(500) });

/**
 * Takes over what a person changed with another app in a record that is theirs to say: a profile is left as it is, and of an
 * album the order is kept, new tracks after it. What else we wrote, we write again.
 *
 * @returns false: that record is none of these
 */
export async function takeAsItIs(
  services: TaskServices,
  own: OwnRecord,
  record: RepositoryRecord,
): Promise<boolean> {
  const { profile, list } = collectionsOf(services.namespace);
  if (own.collection === profile) {
    await services.db
      .updateTable("pds_records")
      .set({ wish: JSON.stringify(record.value), confirmed_cid: record.cid, confirmed_at: sql<Date>`now()` })
      .where("id", "=", own.id)
      .where("wish_version", "=", own.version)
      .execute();
    return true;
  }
  if (own.collection !== list) return false;
  const order = listed.safeParse(record.value);
  if (!order.success) return false;
  return takeAlbumOrder(
    services,
    own,
    order.data.items.map(({ subject }) => subject.uri),
  );
}

async function takeAlbumOrder(
  { outbox, settle, namespace }: TaskServices,
  own: OwnRecord,
  uris: readonly string[],
): Promise<boolean> {
  return outbox.transact(async (tx, schedule) => {
    await oneAtATime(tx, own.did);
    const album = await tx
      .selectFrom("lists")
      .select("id")
      .where("record_id", "=", own.id)
      .where("kind", "=", "album")
      .where("deleted_at", "is", null)
      .executeTakeFirst();
    if (album === undefined) return false;
    if (!(await holdStill(tx, own, settle))) return true;
    await takeOrder(tx, schedule, album.id, uris);
    await wishOnceMore(tx, own.id);
    await keepersOf(namespace)(own.collection).carryOn(tx, schedule, own);
    return true;
  });
}

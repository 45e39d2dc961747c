import { z } from "zod";
import type { Rows } from "./rows.js";

const scan = z.object({
  id: z.int(),
  scans: z.int(),
  state: z.string().nullable(),
  settled: z.boolean().nullable(),
});

/** Whose end a scan of sound audio may be. */
const ENDS = ["clear", "flagged", "review"];

/** Every track that is there has been scanned, once, to an end. */
export async function scanFaults(rows: Rows): Promise<string[]> {
  const tracks = await rows.select(
    scan,
    `select tracks.id, count(scan.id)::int as scans, max(scan.state) as state,
       bool_and(scan.settled_at is not null) as settled
     from tracks left join copyright_scans as scan on scan.track_id = tracks.id
     where tracks.deleted_at is null group by tracks.id`,
  );
  return tracks.flatMap(({ id, scans, state, settled }) => {
    const name = `track ${String(id)}`;
    if (scans !== 1) return [`${name} has ${String(scans)} scans`];
    return settled === true && ENDS.includes(state ?? "") ? [] : [`the scan of ${name} is ${String(state)}`];
  });
}

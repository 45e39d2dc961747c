import { parse } from "libpg-query";

/** What operators may look into. No table that holds a credential, sealed or hashed, is among them. */
const TABLES: ReadonlySet<string> = new Set([
  ...["records", "intents", "subject_leases", "pds_records", "pds_homes", "pds_holds", "notices"],
  ...["people", "preferences", "tracks", "uploads", "likes", "comments"],
  ...["lists", "album_tracks", "plays", "play_counts", "exports", "copyright_scans"],
  ...["strikes", "operator_actions", "alerts", "redis_commands"],
]);

/** None that reads files, sends, waits, locks, or runs text as SQL. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs age array_agg array_length array_position avg bool_and bool_or btrim ceil char_length coalesce concat concat_ws
  count cume_dist date_bin date_part date_trunc dense_rank every extract first_value floor format greatest jsonb_agg
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_object jsonb_each jsonb_each_text
  jsonb_extract_path jsonb_extract_path_text jsonb_object_keys jsonb_pretty jsonb_typeof lag last_value lead least
  left length lower ltrim make_interval max md5 min mode mod now ntile nullif percent_rank percentile_cont
  percentile_disc position rank regexp_matches regexp_replace replace right round row_number rtrim split_part starts_with
  stddev string_agg strpos substr substring sum timezone to_char to_timestamp trim trunc unnest upper variance width_bucket`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/** Why a query is not carried out; for whoever typed it. */
export class NotPermitted extends Error {
  override readonly name = "NotPermitted";
}

/**
 * Lets through one SELECT over tables that operators may see, with functions that only reckon. It is read by Postgres's own
 * parser, so that what is checked is what would be carried out.
 *
 * @returns the names that the query gives to queries of its own (WITH): none of them may be a table's too
 * @throws {NotPermitted}
 */
export async function demandPermitted(text: string): Promise<string[]> {
  let parsed: unknown;
  try {
    parsed = await parse(text);
  } catch (error) {
    throw new NotPermitted(error instanceof Error ? error.message : String(error));
  }
  const statements = listIn(parsed, "stmts");
  const [statement, ...others] = statements.map((each) => fieldIn(each, "stmt"));
  if (others.length > 0) throw new NotPermitted("this is more than one statement: give one");
  const select = fieldIn(statement, "SelectStmt");
  if (select === undefined) throw new NotPermitted("this is not a SELECT, and nothing else is carried out");
  const named = new Set<string>();
  walk(select, (kind, node) => {
    if (kind === "CommonTableExpr") named.add(textIn(node, "ctename"));
  });
  walk(select, (kind, node) => {
    refuse(kind, node, named);
  });
  return [...named];
}

function refuse(kind: string, node: unknown, named: ReadonlySet<string>): void {
  if (kind === "intoClause" || kind === "lockingClause")
    throw new NotPermitted("SELECT … INTO and SELECT … FOR UPDATE are not carried out");
  if (/^(Insert|Update|Delete|Merge)Stmt$/.test(kind))
    throw new NotPermitted("this would write, and nothing that writes is carried out");
  if (kind === "RangeVar") {
    const [schema, table] = [textIn(node, "schemaname"), textIn(node, "relname")];
    const ours = (schema === "" || schema === "public") && TABLES.has(table);
    const known = ours || (schema === "" && named.has(table));
    if (!known)
      throw new NotPermitted(`${table} is not among the tables that can be asked: ${[...TABLES].join(", ")}`);
  }
  if (kind === "FuncCall") {
    const parts = listIn(node, "funcname").map((part) => textIn(fieldIn(part, "String"), "sval"));
    const [schema, name = schema] = parts.length > 1 ? parts : [undefined, ...parts];
    const known = schema === undefined || schema === "pg_catalog";
    if (name === undefined || !known || !FUNCTIONS.has(name))
      throw new NotPermitted(`${parts.join(".")}() is not among the functions that can be used here`);
  }
}

/** Calls back for every field that holds something, with its name. */
function walk(node: unknown, visit: (kind: string, node: unknown) => void): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit);
  } else if (typeof node === "object" && node !== null) {
    for (const [kind, inner] of Object.entries(node)) {
      visit(kind, inner);
      walk(inner, visit);
    }
  }
}

function fieldIn(node: unknown, name: string): unknown {
  if (typeof node !== "object" || node === null) return undefined;
  return Object.entries(node).find(([field]) => field === name)?.[1];
}

function listIn(node: unknown, name: string): unknown[] {
  const list = fieldIn(node, name);
  return Array.isArray(list) ? list : [];
}

function textIn(node: unknown, name: string): string {
  const text = fieldIn(node, name);
  return typeof text === "string" ? text : "";
}

import { InvalidPayload, type Task } from "@plyr/docket";
import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import type { Json, Schema } from "../database/schema.js";
import type { Dispatcher } from "./dispatcher.js";
import { untraced, type HandingOver } from "../tracing/handing-over.js";
import { insertIntent, type Intent } from "./intents.js";

/**
 * Has a task carried out if the transaction commits.
 *
 * @param options.delay as `Intent.delay`
 * @returns the intent's id
 * @throws {InvalidPayload} when the payload is not what the task takes
 */
export type Schedule<Services> = <Input>(
  task: Task<Input, Services>,
  payload: Input,
  options?: { readonly delay?: number },
) => Promise<string>;

const json: z.ZodType<Json> = z.json();

/**
 * Where work is accepted. What is written in a transaction and the intent to carry it on commit together or not at
 * all; after the commit the intents go to docket if it is enabled, else to the in-process queue. Nobody waits for
 * Redis, and what does not get there is found by the sweep.
 */
export class Outbox<Services> {
  readonly #db: Kysely<Schema>;
  readonly #dispatcher: Dispatcher<Services>;

  readonly #carried: HandingOver["carried"];

  constructor(
    db: Kysely<Schema>,
    dispatcher: Dispatcher<Services>,
    { carried }: Pick<HandingOver, "carried"> = untraced,
  ) {
    this.#db = db;
    this.#dispatcher = dispatcher;
    this.#carried = carried;
  }

  /** Runs `work` in a transaction. When it throws, neither its rows nor its intents have ever been. */
  async transact<T>(work: (tx: Transaction<Schema>, schedule: Schedule<Services>) => Promise<T>): Promise<T> {
    const intents: Intent[] = [];
    const result = await this.#db.transaction().execute((tx) =>
      work(tx, async (task, payload, options) => {
        const intent = await accept(tx, task, payload, this.#carried());
        intents.push({ ...intent, ...options });
        return intent.id;
      }),
    );
    this.#dispatcher.dispatch(intents);
    return result;
  }

  /**
   * Schedules a task: with docket if it is enabled, else in process. Resolves once that is committed.
   *
   * @returns the intent's id
   * @throws {InvalidPayload} when the payload is not what the task takes
   */
  async schedule<Input>(task: Task<Input, Services>, payload: Input): Promise<string> {
    return this.transact((_tx, schedule) => schedule(task, payload));
  }
}

async function accept<Input, Services>(
  tx: Transaction<Schema>,
  task: Task<Input, Services>,
  payload: Input,
  carried: string | undefined,
): Promise<Intent> {
  const checked = await task.payload["~standard"].validate(payload);
  if (checked.issues !== undefined) {
    const [issue] = checked.issues;
    throw new InvalidPayload(`${task.name}: ${issue?.message ?? "the payload is not what the task takes"}`);
  }
  const plain = json.safeParse(payload);
  if (!plain.success)
    throw new InvalidPayload(`${task.name}: the payload is not plain JSON: pass ids and plain values`);
  return insertIntent(
    tx,
    { task: task.name, payload: plain.data, traceparent: carried ?? null },
    task.serial(checked.value),
  );
}

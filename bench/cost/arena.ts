import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, openLog, parseSettings, startService, type Role } from "@plyr/backend";
import { freePort, startPds, startPostgres, startRedis, until, Visitor, wav, type Account } from "@plyr/dev";
import { Redis } from "ioredis";
import { z } from "zod";
import { CommandCounter, total } from "../command-counter.ts";

/** `one`: a process with role all; `two`: api and worker. */
export type Shape = "one" | "two";

/** Commands that reached Redis. */
export interface Sent {
  readonly sent: number;
  /** Called inside scripts. */
  readonly inner: number;
}

const RATE = 8_000;
/** So long nothing has reached Redis: the worker sleeps again. Milliseconds. */
const REST = 1_000;
/** A list waits this long, at most, for more to come; milliseconds. */
const AT_MOST = 60_000;

/** The whole service beside a PDS of its own, some people, and a count of what reaches its Redis. */
export class Arena implements AsyncDisposable {
  readonly people: readonly Person[];
  readonly #counter: CommandCounter;
  readonly #open: () => Promise<number>;
  readonly #redisUrl: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    people: readonly Person[],
    parts: { counter: CommandCounter; open: () => Promise<number>; redisUrl: string },
    stack: AsyncDisposableStack,
  ) {
    this.people = people;
    this.#counter = parts.counter;
    this.#open = parts.open;
    this.#redisUrl = parts.redisUrl;
    this.#stack = stack;
  }

  /** @param count people; the first two have their plays told to teal */
  static async open(shape: Shape, count: number): Promise<Arena> {
    await using starting = new AsyncDisposableStack();
    const pds = starting.use(await startPds());
    const redis = starting.use(await startRedis());
    const counter = await CommandCounter.open(redis.url);
    starting.defer(() => {
      counter.close();
    });
    const databaseUrl = await starting.use(await startPostgres()).createDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), "plyr-cost-"));
    starting.defer(() => rm(dataDir, { recursive: true, force: true }));
    const port = await freePort();
    const url = `http://127.0.0.1:${String(port)}`;
    const env = {
      PLYR_ENV: "development",
      PUBLIC_URL: url,
      DATABASE_URL: databaseUrl,
      DOCKET_URL: redis.url,
      DATA_DIR: dataDir,
      STORAGE_DIR: join(dataDir, "storage"),
      COLLECTION_NAMESPACE: "fm.plyr.cost",
      PLC_URL: pds.plcUrl,
      HANDLE_RESOLVER_URL: pds.url,
    };
    const roles: readonly Role[] = shape === "one" ? ["all"] : ["api", "worker"];
    for (const role of roles) {
      const settings = parseSettings(role === "worker" ? env : { ...env, PORT: String(port) }, role);
      const service = await startService({ settings, log: openLog("silent") });
      starting.defer(() => service.stop());
    }
    const db = await openDatabase({ databaseUrl, dataDir });
    starting.defer(() => db.destroy());
    const open = async (): Promise<number> =>
      (await db.selectFrom("intents").select("id").where("state", "=", "open").execute()).length;
    const people: Person[] = [];
    for (let number = 0; number < count; number += 1) {
      const name = `person${String(number)}`;
      const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
      people.push(await Person.enter(url, account, number < 2));
    }
    const arena = new Arena(people, { counter, open, redisUrl: redis.url }, starting.move());
    await arena.rest();
    return arena;
  }

  /** What `act` makes Redis be sent, until all that follows from it is done. */
  async costOf(act: () => Promise<void>): Promise<Sent> {
    const { sent, inner } = await this.#counter.during(async () => {
      await act();
      await this.rest();
    });
    return { sent: total(sent), inner: total(inner) };
  }

  /** Resolves when nothing is owed to anybody and the worker sleeps. */
  async rest(): Promise<void> {
    await until("nothing is owed", async () => (await this.#open()) === 0, { within: AT_MOST, every: 50 });
    await this.#counter.quiet(REST);
  }

  /** The most that Redis has ever held, its own few hundred kilobytes included; bytes. */
  async memory(): Promise<number> {
    const redis = new Redis(this.#redisUrl);
    const info = await redis.info("memory");
    redis.disconnect();
    return Number(/^used_memory_peak:(\d+)/m.exec(info)?.[1]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

const uploaded = z.object({ track: z.object({ id: z.int() }) });
const started = z.object({ play: z.object({ id: z.uuid() }) });

/** Somebody with a browser. */
export class Person {
  readonly #url: string;
  readonly #account: Account;
  #browser: Visitor;

  private constructor(url: string, account: Account, browser: Visitor) {
    this.#url = url;
    this.#account = account;
    this.#browser = browser;
  }

  static async enter(url: string, account: Account, scrobbles: boolean): Promise<Person> {
    const person = new Person(url, account, new Visitor(url));
    await person.signIn();
    if (scrobbles) {
      await demand(person.#browser.send("PATCH", "/me/preferences", { body: { scrobble: true } }));
      await person.signIn();
    }
    return person;
  }

  async signIn(): Promise<void> {
    this.#browser = new Visitor(this.#url);
    await this.#browser.signIn(this.#account);
  }

  /** A track of a second, unlike any other. */
  async upload(number: number): Promise<number> {
    const samples = Float64Array.from({ length: RATE }, (_, at) => 0.5 * Math.sin(at / (3 + number)));
    const form = new FormData();
    form.set("title", `Track ${String(number)}`);
    form.set("file", new Blob([wav(samples, RATE)]), "sound.wav");
    const cookie = `plyr_session=${this.#browser.cookie("plyr_session") ?? ""}`;
    const response = await fetch(`${this.#url}/tracks/`, { method: "POST", headers: { cookie }, body: form });
    const text = await response.text();
    if (!response.ok) throw new Error(`an upload was answered ${String(response.status)}: ${text}`);
    return uploaded.parse(JSON.parse(text)).track.id;
  }

  async like(track: number): Promise<void> {
    await demand(this.#browser.post(`/tracks/${String(track)}/like`));
  }

  async comment(track: number): Promise<void> {
    const body = { text: "What a song", timestamp_ms: 0 };
    await demand(this.#browser.post(`/tracks/${String(track)}/comments`, { body }));
  }

  /** From its start until it counts as heard. */
  async play(track: number): Promise<void> {
    const { play } = started.parse(
      (await demand(this.#browser.post(`/tracks/${String(track)}/play`))).json(),
    );
    await demand(this.#browser.post(`/plays/${play.id}/heard`));
  }

  async export(): Promise<void> {
    await demand(this.#browser.post("/exports/media"));
  }
}

async function demand(asked: ReturnType<Visitor["post"]>): ReturnType<Visitor["post"]> {
  const reply = await asked;
  if (reply.status >= 400) throw new Error(`it was answered ${String(reply.status)}: ${reply.text}`);
  return reply;
}

import { defineTask, Docket, RetryAt } from "@plyr/docket";
import { z } from "zod";

interface Services {
  readonly ran: () => void;
  /** Each run is put off for a day. */
  readonly putsOff: boolean;
}

const hoarded = defineTask<Services>()({
  name: "bench.hoarded",
  payload: z.object({ n: z.number(), lane: z.number().optional() }),
  serial: ({ lane }) => (lane === undefined ? "" : `lane:${String(lane)}`),
  run: (_payload, { services }) => {
    services.ran();
    return services.putsOff ? Promise.reject(new RetryAt("1d", "not today")) : Promise.resolve();
  },
});

/** Tasks per call: a million payloads at once would be about this process's memory. */
const CHUNK = 20_000;
const CONCURRENCY = 100;

export interface Plan {
  readonly waiting: number;
  /** Serial keys. */
  readonly lanes: number;
  /** One in so many of those that wait has one. */
  readonly serialEach: number;
  /** Besides, due in a day. */
  readonly delayed: number;
}

/** What lies in a docket that nobody has worked on for long. */
export class Hoard {
  readonly #url: string;
  readonly #queue: string;

  constructor(url: string, queue: string) {
    this.#url = url;
    this.#queue = queue;
  }

  async fill({ waiting, lanes, serialEach, delayed }: Plan): Promise<void> {
    const docket = await this.#open({ ran: () => undefined, putsOff: false });
    for (let from = 0; from < waiting; from += CHUNK) {
      const payloads = numbers(from, Math.min(from + CHUNK, waiting)).map((n) =>
        n % serialEach === 0 ? { n, lane: (n / serialEach) % lanes } : { n },
      );
      await docket.addMany(hoarded, payloads);
    }
    for (let from = 0; from < delayed; from += CHUNK) {
      const payloads = numbers(from, Math.min(from + CHUNK, delayed)).map((n) => ({ n }));
      await docket.addMany(hoarded, payloads, { delay: "1d" });
    }
    await docket.close();
  }

  /** Runs so many, and perhaps a few more; returns tasks per second, from the worker's start to the end of so many. */
  drain(tasks: number): Promise<number> {
    return this.#run(tasks, false);
  }

  /** Has so many put off for a day, one of each lane if there are no others: the lanes stay behind them. */
  async putOff(tasks: number): Promise<void> {
    await this.#run(tasks, true);
  }

  async #run(tasks: number, putsOff: boolean): Promise<number> {
    const enough = Promise.withResolvers<undefined>();
    let runs = 0;
    const ran = (): void => {
      runs += 1;
      if (runs === tasks) enough.resolve(undefined);
    };
    const docket = await this.#open({ ran, putsOff });
    const worker = docket.worker({ concurrency: CONCURRENCY });
    const from = performance.now();
    await worker.start();
    await enough.promise;
    const took = performance.now() - from;
    await worker.stop();
    await docket.close();
    return (tasks / took) * 1_000;
  }

  #open(services: Services): Promise<Docket<Services>> {
    return Docket.open({ url: this.#url, name: this.#queue, tasks: [hoarded], services });
  }
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

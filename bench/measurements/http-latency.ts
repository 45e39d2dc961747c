import type { Figure, Measurement } from "../measurement.ts";
import { setStage, type Stage } from "../service/stage.ts";

const SLOW_PDS_MS = 5_000;
const ALLOWED = 1.5;

interface Condition {
  readonly name: string;
  begin(stage: Stage): Promise<void> | void;
  end(stage: Stage): Promise<void> | void;
}

const HEALTHY: Condition = { name: "healthy", begin: () => undefined, end: () => undefined };
const TROUBLES: readonly Condition[] = [
  {
    name: `every PDS call takes ${String(SLOW_PDS_MS / 1_000)} s`,
    begin: ({ gate }) => void gate.delay(({ path }) => path.startsWith("/xrpc/"), SLOW_PDS_MS),
    end: ({ gate }) => {
      gate.clear();
    },
  },
  {
    name: "Redis hangs",
    begin: ({ redis }) => {
      redis.pause();
    },
    end: ({ redis }) => {
      redis.resume();
    },
  },
];

interface Request {
  readonly name: string;
  send(stage: Stage, at: number): [method: string, path: string, body?: object];
}

const REQUESTS: readonly Request[] = [
  {
    name: "like",
    send: ({ tracks }, at) => [
      Math.floor(at / tracks.length) % 2 === 0 ? "POST" : "DELETE",
      `/tracks/${String(tracks[at % tracks.length])}/like`,
    ],
  },
  {
    name: "comment",
    send: ({ tracks }, at) => [
      "POST",
      `/tracks/${String(tracks[at % tracks.length])}/comments`,
      { text: `Number ${String(at)}`, timestamp_ms: at },
    ],
  },
  {
    name: "play",
    send: ({ tracks }, at) => ["POST", `/tracks/${String(tracks[at % tracks.length])}/play`],
  },
];

/** A person may say so much about one track. */
const COMMENTS_PER_TRACK = 20;

export const httpLatency: Measurement = {
  name: "http-latency",
  method:
    "One process of the service (role all) with Postgres, Redis and a real PDS behind a gate; one person's requests, one after another over one connection. Rounds of healthy, slow PDS, hung Redis, in turn; each round waits until nothing is owed. p99 over all rounds, each trouble beside the healthy requests of the same run.",
  async run(bench) {
    const rounds = bench.quick ? 1 : 6;
    const each = bench.quick ? 20 : 120;
    // One time more, which doesn't count.
    const times = rounds * (1 + TROUBLES.length) + 1;
    const tracks = Math.ceil((times * each) / COMMENTS_PER_TRACK);
    await using stage = await setStage(tracks);
    const taken = new Map<string, number[]>();
    const at = new Map<string, number>();
    await measure(stage, HEALTHY, each, at, new Map());
    for (let round = 1; round <= rounds; round++) {
      for (const condition of [HEALTHY, ...TROUBLES]) {
        bench.progress(`round ${String(round)} of ${String(rounds)}: ${condition.name}`);
        await measure(stage, condition, each, at, taken);
      }
    }
    return REQUESTS.flatMap((request) => figures(request, taken));
  },
};

async function measure(
  stage: Stage,
  condition: Condition,
  each: number,
  at: Map<string, number>,
  times: Map<string, number[]>,
): Promise<void> {
  await condition.begin(stage);
  for (let turn = 0; turn < each; turn++) {
    for (const request of REQUESTS) {
      const number = at.get(request.name) ?? 0;
      at.set(request.name, number + 1);
      const took = await timed(stage, request.send(stage, number));
      const key = `${request.name}, ${condition.name}`;
      times.set(key, [...(times.get(key) ?? []), took]);
    }
  }
  await condition.end(stage);
  await stage.quiet();
}

async function timed(
  { url, cookie, lastError }: Stage,
  [method, path, body]: ReturnType<Request["send"]>,
): Promise<number> {
  const began = performance.now();
  const answer = await fetch(url + path, {
    method,
    headers: { cookie, ...(body && { "content-type": "application/json" }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  await answer.arrayBuffer();
  const took = performance.now() - began;
  if (!answer.ok)
    throw new Error(
      `${method} ${path} was answered with ${String(answer.status)}; the service's last error: ${lastError()}`,
    );
  return took;
}

function figures(request: Request, times: ReadonlyMap<string, readonly number[]>): Figure[] {
  const healthy = times.get(`${request.name}, ${HEALTHY.name}`) ?? [];
  return [
    {
      name: `p99 of a ${request.name}`,
      unit: "ms",
      samples: [percentile(healthy, 0.99)],
      note: told(healthy),
    },
    ...TROUBLES.flatMap(({ name }): Figure[] => {
      const troubled = times.get(`${request.name}, ${name}`) ?? [];
      return [
        {
          name: `the same while ${name}`,
          unit: "× healthy",
          samples: [percentile(troubled, 0.99) / percentile(healthy, 0.99)],
          required: { bound: "at most", value: ALLOWED, judgedBy: "median" },
          note: told(troubled),
        },
      ];
    }),
  ];
}

function told(times: readonly number[]): string {
  const ms = (part: number): string => percentile(times, part).toFixed(1);
  return `p50 ${ms(0.5)}, p99 ${ms(0.99)}, greatest ${ms(1)} ms of ${String(times.length)}`;
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

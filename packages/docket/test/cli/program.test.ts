import { expect, inject } from "vitest";
import { z } from "zod";
import { defineTask, Terminal } from "../../src/index.js";
import { matching } from "../matching.js";
import { RedisServer } from "../redis-server.js";
import { test } from "../stage.js";
import { started, startProgram, typed, values } from "./terminal.js";

test.override("kind", "redis");

const chore = defineTask<undefined>()({
  name: "chore",
  payload: z.string(),
  run: () => Promise.reject(new Terminal("broken")),
});

test("the program finds its docket in the environment, knows no task of it, and prints for programs", async ({
  stage,
}) => {
  const docket = await stage.open([chore], { clock: undefined });
  await docket.add(chore, "a");
  await stage.run(docket);
  const env = { DOCKET_URL: inject("redisUrl"), DOCKET_NAME: stage.name };
  const { code, out, err } = await started(["dead", "replay", "--all", "--json"], env);
  expect({ code, err, values: values(out) }).toMatchObject({
    code: 0,
    err: "",
    values: [{ result: "replayed" }],
  });
  expect((await docket.snapshot()).waiting).toBe(1);
});

test("watch looks again and again, on what a pipe can read, until Ctrl-C", async ({ stage }) => {
  await stage.open([chore], { clock: undefined });
  const at = ["--url", inject("redisUrl"), "--name", stage.name];
  await using watch = startProgram([...at, "watch", "--every", "100ms"]);
  await watch.printed(/(docket stage-[\s\S]*There is no task\.\s*){2}/);
  watch.interrupt();
  expect(await watch.ended).toMatchObject({ code: 0, err: "" });
  await using lines = startProgram([...at, "watch", "--every", "100ms", "--json"]);
  await lines.printed(/\n.*\n/);
  lines.interrupt();
  const { out } = await lines.ended;
  expect(values(out).slice(0, 2)).toMatchObject([
    { snapshot: { waiting: 0 }, tasks: [] },
    { snapshot: { waiting: 0 }, tasks: [] },
  ]);
});

test("watch goes on while Redis is away", async () => {
  await using server = await RedisServer.start();
  await using watch = startProgram(["--url", server.url, "watch", "--every", "100ms", "--json"]);
  await watch.printed(/"snapshot"/);
  await server.kill();
  await watch.printed(/"unavailable":"redis .*/);
  await server.restart();
  await watch.printed(/"unavailable"[\s\S]*"snapshot"/);
  watch.interrupt();
  expect((await watch.ended).code).toBe(0);
});

test("a Redis that is away and a password that is wrong are trouble, told without the password", async () => {
  await using server = await RedisServer.start(["--user", "plyr", "on", ">secret", "~*", "&*", "+@all"]);
  const at = (secret: string, port = server.port): Record<string, string> => ({
    DOCKET_URL: `redis://plyr:${secret}@127.0.0.1:${String(port)}`,
  });
  const [wrong, away, right] = await Promise.all([
    started(["snapshot"], at("guess")),
    typed(["snapshot"], at("secret", 1)),
    typed(["snapshot", "--json"], at("secret")),
  ]);
  expect(wrong).toMatchObject({
    code: 1,
    out: "",
    err: matching(/^redis can't be reached: WRONGPASS [^\n]*: look at the user and the password [^\n]*\n$/),
  });
  expect(away).toMatchObject({
    code: 1,
    out: "",
    err: matching(/^redis can't be reached: connect ECONNREFUSED/),
  });
  expect(right.out).toContain('"waiting":0');
  for (const { out, err } of [wrong, right, away]) expect(out + err).not.toMatch(/guess|secret/);
});

test.for([
  { argv: [], err: /^Usage: docket/ },
  { argv: ["nonsense"], err: /unknown command 'nonsense'/ },
  { argv: ["snapshot", "--nonsense"], err: /unknown option '--nonsense'/ },
  { argv: ["snapshot"], err: /^It isn't said where the docket's Redis is: set DOCKET_URL, or give --url\n$/ },
  { argv: ["snapshot", "--url", "memory://"], err: /It isn't said where/ },
  { argv: ["snapshot", "--url", "http://u:hunter2@h"], err: /^the docket's url can't be used: give redis:/ },
  { argv: ["snapshot", "--url", "redis://h", "--name", "a b"], err: /^the docket's name is "a b": give/ },
  {
    argv: ["snapshot", "--url", "redis://h", "--ca", "/no/where.pem"],
    err: /^A certificate or key can't be read: ENOENT/,
  },
  { argv: ["cancel"], err: /missing required argument 'id'/ },
  {
    argv: ["tasks", "--url", "redis://h", "--minutes", "16"],
    err: /^16 minutes: give a whole number from 1 to 15/,
  },
  { argv: ["tasks", "--minutes", "x"], err: /Give a whole number/ },
  { argv: ["watch", "--every", "1w"], err: /Give a time such as/ },
  { argv: ["watch", "--url", "redis://h", "--every", "1ms"], err: /^--every is less than 100ms/ },
])("$argv is mistyped: it ends with 2, and says what would be right", async ({ argv, err }) => {
  const ended = await typed(argv);
  expect(ended).toMatchObject({ code: 2, out: "", err: matching(err) });
  expect(ended.err).not.toContain("hunter2");
});

test("--help names every command, and each command its options", async () => {
  const { code, out } = await started(["--help"]);
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z]+)\b(?=.* {2})/gm)].map(([, name]) => name);
  expect(names).toEqual([
    ...["snapshot", "watch", "tasks", "workers", "dead", "recent", "cancel", "strike", "restore", "strikes"],
    ...["pause", "resume", "paused", "cost", "help"],
  ]);
  expect((await typed(["strike", "--help"])).out).toContain("--where <field=value>");
});

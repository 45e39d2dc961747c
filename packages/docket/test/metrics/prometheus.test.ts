import { describe, expect, test as plain } from "vitest";
import { z } from "zod";
import { defineTask, Terminal } from "../../src/index.js";
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from "../../src/prometheus/index.js";
import { testDocket } from "../../src/testing/index.js";
import { onBothStores, test } from "../stage.js";

const odd = 'a "task"\\of\nmany lines';
const oddly = defineTask<undefined>()({ name: odd, payload: z.null(), run: () => Promise.resolve() });
const dying = defineTask<undefined>()({
  name: "dying",
  payload: z.null(),
  run: () => Promise.reject(new Terminal("no")),
});

interface Series {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** Reads the text format, strictly: each metric is described once, before its lines, which stand together. */
function parsed(text: string): Series[] {
  expect(text).toMatch(/\n$/);
  const described = new Set<string>();
  let current = "";
  return text
    .slice(0, -1)
    .split("\n")
    .flatMap((line) => {
      const help = /^# HELP ([a-zA-Z_:][\w:]*) \S.*$/.exec(line);
      if (help?.[1] !== undefined) {
        expect(described).not.toContain(help[1]);
        described.add((current = help[1]));
        return [];
      }
      const type = /^# TYPE ([\w:]+) (gauge|counter)$/.exec(line);
      if (type !== null) {
        expect(type[1]).toBe(current);
        expect(current.endsWith("_total")).toBe(type[2] === "counter");
        return [];
      }
      const [, name = "", inner = "", value = ""] =
        /^([\w:]+)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\d+(?:\.\d+)?)$/.exec(line) ?? [];
      expect(name, line).toBe(current);
      const labels = Object.fromEntries(
        [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = "", text_ = ""]) => [
          label,
          text_.replaceAll(/\\(.)/g, (_, each: string) => (each === "n" ? "\n" : each)),
        ]),
      );
      return [{ name, labels, value: Number(value) }];
    });
}

const found = (all: Series[], name: string, labels: Record<string, string> = {}): number | undefined =>
  all.find(
    (series) =>
      series.name === name && Object.entries(labels).every(([label, text]) => series.labels[label] === text),
  )?.value;

onBothStores("the text for Prometheus", () => {
  test("tells what there is, names that need escaping included", async ({ stage }) => {
    const docket = await stage.open([oddly, dying]);
    await docket.add(dying, null);
    await stage.run(docket);
    await docket.addMany(oddly, [null, null]);
    stage.clock.advance("1500ms");
    const all = parsed(await prometheusText(docket));
    expect(found(all, "docket_up")).toBe(1);
    expect(found(all, "docket_tasks", { task: odd, state: "waiting" })).toBe(2);
    expect(found(all, "docket_tasks", { task: odd, state: "delayed" })).toBe(0);
    expect(found(all, "docket_waiting_age_seconds", { task: odd })).toBe(1.5);
    expect(found(all, "docket_dead_letters")).toBe(1);
    expect(found(all, "docket_events_total", { event: "dead" })).toBe(1);
    expect(found(all, "docket_workers")).toBe(0);
    expect(found(all, "docket_commands_total", { purpose: "adding" })).toBe(stage.url === undefined ? 0 : 2);
  });
});

describe("the text for Prometheus", () => {
  plain("has labels of whoever serves it on each line, and only such as Prometheus takes", async () => {
    await using kit = await testDocket({ tasks: [dying], services: undefined });
    const all = parsed(await prometheusText(kit.docket, { labels: { queue: 'the "one"' } }));
    expect(all.length).toBeGreaterThan(5);
    expect(all.every(({ labels }) => labels["queue"] === 'the "one"')).toBe(true);
    for (const name of ["", "1st", "a-b", "__name__"])
      await expect(prometheusText(kit.docket, { labels: { [name]: "x" } })).rejects.toThrow(
        /a label is named/,
      );
    expect(PROMETHEUS_CONTENT_TYPE).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  plain("says that the store is away, and nothing that it can't know", async () => {
    await using kit = await testDocket({ tasks: [dying], services: undefined });
    await kit.docket.add(dying, null);
    kit.outage.begin();
    const all = parsed(await prometheusText(kit.docket));
    expect(found(all, "docket_up")).toBe(0);
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(["docket_up", "docket_commands_total"]));
  });
});

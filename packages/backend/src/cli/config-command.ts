import { randomBytes } from "node:crypto";
import { z } from "zod";
import { exampleFile } from "../settings/example-file.js";
import { inspectSettings } from "../settings/inspect.js";
import type { AddCommand } from "./command.js";

const checkOptions = z.object({ role: z.enum(["all", "api", "worker"]).default("all") });

export const addConfig: AddCommand = (program, bind) => {
  const config = program
    .command("config")
    .description("the settings of the service: what is set, and what is missing");

  config
    .command("check")
    .description(
      "what each setting is and where from, secrets apart, and what production lacks. Ends with 1 when something is wrong or missing",
    )
    .option("--role <role>", "of the process: all, api or worker", "all")
    .action(
      bind(({ env, output }, { options }) => {
        const found = inspectSettings(env, checkOptions.parse(options).role);
        output.value(found);
        output.table(
          ["setting", "from", "value"],
          found.settings.map(({ name, from, value }) => [
            name,
            from,
            value ?? (from === "unset" ? null : "(secret)"),
          ]),
        );
        for (const each of found.wrong) output.alarm(`wrong: ${each}`);
        for (const each of found.missing) output.alarm(`missing for production: ${each}`);
        for (const each of found.unusual) output.say(`unusual: ${each}`);
        const toSeeTo = found.wrong.length + found.missing.length;
        if (toSeeTo === 0) output.say("Nothing is missing for production.");
        return Promise.resolve(toSeeTo === 0 ? 0 : 1);
      }),
    );

  config
    .command("keys")
    .description(
      "makes new keys, and prints them as they may stand in .env or a secret store; nothing is kept",
    )
    .action(
      bind(({ output }) => {
        const keys = {
          SESSION_KEY: randomBytes(32).toString("base64"),
          METRICS_TOKEN: randomBytes(24).toString("base64url"),
        };
        output.value(keys);
        for (const [name, key] of Object.entries(keys)) output.say(`${name}=${key}`);
        return Promise.resolve(0);
      }),
    );

  config
    .command("example")
    .description("prints .env.example")
    .action(
      bind(({ output }) => {
        output.text(exampleFile());
        return Promise.resolve(0);
      }),
    );
};

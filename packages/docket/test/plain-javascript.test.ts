import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = `
  import { defineTask, Docket } from "@plyr/docket";
  import { z } from "zod";

  const greet = defineTask()({
    name: "greet",
    payload: z.object({ name: z.string() }),
    async run({ name }) {
      console.log("hello, " + name);
    },
  });
  const docket = await Docket.open({ tasks: [greet], services: {} });
  await docket.add(greet, { name: "plain JavaScript" });
  await docket.worker().runUntilIdle();
  await docket.close();
`;

test("after a build, plain JavaScript anywhere in the repository imports it by name", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: join(import.meta.dirname, "../../.."),
  });
  expect(stdout).toBe("hello, plain JavaScript\n");
});

import { z } from "zod";
import { alert } from "../alerts/alerts.js";
import type { AddCommand } from "./command.js";

const listed = z.object({ alerts: z.array(alert) });

export const addAlerts: AddCommand = (program, bind) => {
  program
    .command("alerts")
    .description("what was found wrong and told: what still is first, then what has passed")
    .action(
      bind(async ({ reach, output }) => {
        const { alerts } = await reach((operator) => operator.get("/alerts", listed));
        for (const one of alerts) output.value(one);
        output.table(
          ["raised", "passed", "severity", "what"],
          alerts.map(({ raisedAt, recoveredAt, severity, words }) => [
            ...[raisedAt, recoveredAt ?? "-", severity, words],
          ]),
        );
        return alerts.some(({ recoveredAt }) => recoveredAt === null) ? 1 : 0;
      }),
    );
};

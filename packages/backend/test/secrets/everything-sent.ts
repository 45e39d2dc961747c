import { connect } from "node:net";
import { until } from "@plyr/dev";

/** Hears every command that reaches a Redis on loopback, arguments and calls inside scripts included. */
export async function hearRedis(port: number): Promise<{ heard: () => string; close: () => void }> {
  let heard = "";
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("data", (chunk) => {
    heard += chunk.toString();
  });
  socket.write("MONITOR\r\n");
  await until("Redis lets us listen", () => Promise.resolve(heard.startsWith("+OK")));
  return { heard: () => heard, close: () => socket.destroy() };
}

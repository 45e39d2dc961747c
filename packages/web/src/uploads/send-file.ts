import { Accepted } from "../api/answers.js";
import { NoAnswer } from "../api/failures.js";
import { failureFrom } from "../api/service.js";

/**
 * Sends an upload's form and tells how much has left. By XMLHttpRequest: fetch tells nothing of that.
 *
 * @param onSent called with the part that has left, 0 to 1
 * @throws {ServiceFailure}
 */
export async function sendFile(form: FormData, onSent: (part: number) => void): Promise<Accepted> {
  const request = new XMLHttpRequest();
  const ended = new Promise<void>((resolve) => {
    request.onloadend = () => {
      resolve();
    };
  });
  request.upload.onprogress = ({ loaded, total }) => {
    if (total > 0) onSent(loaded / total);
  };
  request.open("POST", "/tracks/");
  request.setRequestHeader("accept", "application/json");
  request.send(form);
  await ended;
  if (request.status === 0) throw new NoAnswer("The upload broke off. Check your connection and try again.");
  const body = jsonOf(request.responseText);
  if (request.status !== 202) throw failureFrom(request.status, body);
  const parsed = Accepted.safeParse(body);
  if (!parsed.success) throw new NoAnswer("This page doesn’t understand plyr’s answer. Reload it.");
  return parsed.data;
}

/** Undefined when it is no JSON, which no schema accepts. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

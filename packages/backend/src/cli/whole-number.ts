import { InvalidArgumentError } from "commander";

/** As it was typed, for the service to read. @throws {InvalidArgumentError} */
export function wholeNumber(typed: string): string {
  if (/^[1-9]\d{0,3}$/.test(typed)) return typed;
  throw new InvalidArgumentError("It is a whole number from 1 to 9999.");
}

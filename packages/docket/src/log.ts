/** The port through which the engine speaks; pino fits it as it is. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silent: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

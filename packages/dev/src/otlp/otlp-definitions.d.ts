/** What is used of the code that OpenTelemetry generates from its protocol's definitions. */
declare module "otlp-definitions/build/src/generated/root.js" {
  const root: {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: {
          readonly trace: {
            readonly v1: {
              readonly ExportTraceServiceRequest: {
                decode(bytes: Uint8Array): object;
                toObject(
                  message: object,
                  options: { longs: StringConstructor; bytes: StringConstructor; enums: StringConstructor },
                ): unknown;
              };
            };
          };
        };
      };
    };
  };
  export default root;
}

import type { Attributes, BatchObservableCallback, Meter, Observable } from "@opentelemetry/api";
import { look, METRICS, type Metric, type Observed } from "../metrics/metrics.js";

export interface ObserveOptions {
  readonly meter: Meter;
  readonly docket: Observed;
  /** Of every measurement, such as which docket it is where a process has several. */
  readonly attributes?: Attributes;
}

/**
 * Has a meter's readers find what there is of a docket: depth by task and state, ages, workers, dead letters, commands. Each
 * collection is two commands to Redis, in each process that does it; one process is enough for all but the commands. While the
 * store is away `docket.up` is 0.
 *
 * @returns ends it; call it before the docket is closed
 */
export function observeDocket({ meter, docket, attributes = {} }: ObserveOptions): () => void {
  const instruments = new Map(METRICS.map((metric) => [metric, instrument(meter, metric)]));
  const collect: BatchObservableCallback = async (result) => {
    const sight = await look(docket);
    for (const [metric, observable] of instruments)
      for (const { value, labels } of metric.points(sight))
        result.observe(observable, value, { ...attributes, ...labels });
  };
  const observables = [...instruments.values()];
  meter.addBatchObservableCallback(collect, observables);
  return () => {
    meter.removeBatchObservableCallback(collect, observables);
  };
}

function instrument(meter: Meter, { name, kind, unit, help }: Metric): Observable {
  const options = { unit, description: help };
  return kind === "counter"
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options);
}

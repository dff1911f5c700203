import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { coreDescription } from './cpu-affinity.ts';

/** A higher load average means that other programs were running before the measurement. */
const BUSY_LOAD = 0.5;

export interface Machine {
  /** One line: processor, memory, kernel, Node. */
  readonly line: string;
  readonly cores: string;
  /** Load average of the last minute before the start and after the end. */
  readonly load: readonly [before: number, after: number];
  readonly warning?: string;
}

/** Records the machine and its load. Call the returned function after the measurements. */
export function inspectMachine(): () => Machine {
  const [before = 0] = loadavg();
  const all = cpus();
  const line = [
    `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
  ].join(', ');
  const warning = `the load average was ${before.toFixed(2)} before the start: other programs were running`;
  return () => ({
    line,
    cores: coreDescription,
    load: [before, loadavg()[0] ?? 0],
    ...(before > BUSY_LOAD && { warning }),
  });
}

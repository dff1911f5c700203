import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { coreUse } from './core.ts';

/** Above this, something else was running when the measurement began. */
const BUSY = 0.5;

export interface Machine {
  /** One line: processor, memory, kernel, Node. */
  readonly line: string;
  readonly cores: string;
  /** Load average of the last minute, before and after. */
  readonly load: readonly [before: number, after: number];
  readonly warning?: string;
}

/** Looks at the machine now; call what it gives at the end, for the load then. */
export function lookAtMachine(): () => Machine {
  const [before = 0] = loadavg();
  const all = cpus();
  const line = [
    `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
  ].join(', ');
  const warning = `the load average was ${before.toFixed(2)} before this began: others were at work`;
  return () => ({
    line,
    cores: coreUse,
    load: [before, loadavg()[0] ?? 0],
    ...(before > BUSY && { warning }),
  });
}

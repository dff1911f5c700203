import { readFileSync } from 'node:fs';

/** Resource usage of a process with all its threads. Linux only; NaN elsewhere. */
export interface Usage {
  /** CPU time in milliseconds, in steps of 10. */
  readonly cpu: number;
  /** Resident memory, MiB. */
  readonly rss: number;
}

/** Reads the usage from /proc, so that the process itself does no work. */
export function readUsage(pid: number | undefined): Usage {
  try {
    // The fields after the name in brackets (proc_pid_stat(5)): utime and stime in ticks of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    return { cpu: 10 * (Number(fields[11]) + Number(fields[12])), rss };
  } catch {
    return { cpu: Number.NaN, rss: Number.NaN };
  }
}

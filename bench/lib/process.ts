import { readFileSync } from 'node:fs';

/** What a process has used so far, other threads included. Linux only; elsewhere not a number. */
export interface Usage {
  /** Milliseconds of CPU time, in steps of ten. */
  readonly cpu: number;
  /** Resident memory, MiB. */
  readonly rss: number;
}

/** Asked of the kernel, so that the process does nothing for it. */
export function usageOf(pid: number | undefined): Usage {
  try {
    // After the name in brackets, proc_pid_stat(5): utime and stime in ticks of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    return { cpu: 10 * (Number(fields[11]) + Number(fields[12])), rss };
  } catch {
    return { cpu: Number.NaN, rss: Number.NaN };
  }
}

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

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

/**
 * A port that nobody listens on, below those that the system gives to outgoing connections: a client that asks again and
 * again whether somebody listens there would otherwise, once in some ten thousand times, be given that port for itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const listening = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!listening) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

// Mocha's spec report, and its numbers in a file for `npm test`.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FUNCTIONS } from './run.ts';

const { reporters }: typeof import('mocha') = createRequire(`${FUNCTIONS}/package.json`)('mocha');

/** Milliseconds after the last test until open handles count as a failure. */
const GRACE_MS = 10_000;

export interface Counts {
  passes: number;
  /** Full title and first line of the error of each failed test or hook. */
  failures: string[];
  /** Full titles of skipped tests. */
  pending: string[];
  /** Whether a server, timer or child process kept the process alive after the tests. */
  isLeftOpen: boolean;
}

export default class CountingReporter extends reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const pending: string[] = [];
    const failures: string[] = [];
    runner.on('fail', (test, error: Error) =>
      failures.push(`${test.fullTitle()}: ${String(error?.message).split('\n', 1)[0]}`),
    );
    runner.on('pending', (test) => pending.push(test.fullTitle()));
    runner.once('end', () => {
      const { passes } = this.stats;
      const write = (isLeftOpen: boolean) => {
        const counts: Counts = { passes, failures, pending, isLeftOpen };
        writeFileSync(options.reporterOptions.output, JSON.stringify(counts));
      };
      write(false);
      const giveUp = () => {
        write(true);
        process.exit();
      };
      setTimeout(giveUp, GRACE_MS).unref();
    });
  }
}

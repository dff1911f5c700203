import type { FirestoreKind } from './firestore-option.ts';
import { runMocha, testFilesIn } from './mocha.ts';
import type { Outcome } from './outcome.ts';
import type { Print } from './run.ts';

/** What a stage is given when it runs. */
export interface Job {
  firestore: FirestoreKind;
  /** Absolute paths of the test files that were asked for; none for all of the stage's. */
  files: readonly string[];
  /** Mocha's options that choose tests by their title. */
  filter: readonly string[];
  /** How to reach the emulators that the stage shares, and how thorough tests are. */
  env: NodeJS.ProcessEnv;
  print: Print;
}

/** A part of `npm test` with a row of its own in the summary. */
export interface Stage {
  /**
   * `before` and `after`: alone, before and after all others. Between them two stages run at a time, one that mostly
   * computes and one that mostly waits, as long as there are both.
   */
  lane: 'before' | 'compute' | 'wait' | 'after';
  /** The folder of its test files, from the root. A stage without one has no tests that mocha could choose from. */
  folder?: string;
  /** The project id of the emulators it needs. Stages of one project share them, and run one after the other. */
  emulators?: string;
  /** Runs only when it is asked for by name. */
  onlyByName?: boolean;
  /** The folder that it tests: without a change there, it runs only with `--full` or by name. */
  whenChanged?: string;
  run(job: Job): Promise<Outcome>;
}

/** Runs a stage's mocha tests, with further environment variables. */
export type RunTests = (env?: NodeJS.ProcessEnv) => Promise<Outcome>;

interface TestOptions extends Partial<Omit<Stage, 'folder' | 'run'>> {
  /** Among how many processes its files are divided. */
  processes?: number;
  /** Whether functions/.c8rc.json must be met when all of its tests run. */
  coverage?: boolean;
  /** Further environment variables. */
  env?: (job: Job) => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  /** Called instead of the tests, and calls them: to start a server for them, or to skip them. */
  around?: (job: Job, run: RunTests) => Promise<Outcome>;
}

/** A stage of all mocha tests below a folder. */
export function tests(folder: string, options: TestOptions = {}): Stage {
  const { lane = 'compute', processes = 1, coverage = false, env, around, ...rest } = options;
  return {
    ...{ lane, folder, ...rest },
    async run(job) {
      const { files, filter, print } = job;
      const isWhole = files.length === 0 && filter.length === 0;
      const mocha = {
        ...{ files: files.length > 0 ? files : testFilesIn(folder), filter, print },
        ...{ processes, coverage: coverage && isWhole },
      };
      const own = await env?.(job);
      const run: RunTests = (more) => runMocha({ ...mocha, env: { ...job.env, ...own, ...more } });
      return around ? around(job, run) : run();
    },
  };
}

import type { FirestoreKind } from './firestore-option.ts';
import { runMocha, testFilesIn } from './mocha.ts';
import type { Outcome } from './outcome.ts';
import type { Print } from './run.ts';

/** The input of a stage. */
export interface Job {
  firestore: FirestoreKind;
  /** Absolute paths of the selected test files. Empty: all files of the stage. */
  files: readonly string[];
  /** Mocha's options that select tests by title. */
  filter: readonly string[];
  /** Addresses of the shared emulators, and whether all random cases run. */
  env: NodeJS.ProcessEnv;
  print: Print;
}

/** A part of `npm test` with a row of its own in the summary. */
export interface Stage {
  /**
   * `before` and `after`: alone, before and after all others. Between them two stages run at a time, a `compute` stage
   * beside a `wait` stage as long as there are both.
   */
  lane: 'before' | 'compute' | 'wait' | 'after';
  /** The folder of its test files, relative to the root. A stage without a folder has no mocha tests. */
  folder?: string;
  /** The project id of the emulators it needs. Stages of one project share them, and run one after the other. */
  emulators?: string;
  /** Runs only when it is selected by name. */
  onlyByName?: boolean;
  /** The folder that it tests. If that is unchanged, the stage runs only with `--full` or by name. */
  whenChanged?: string;
  run(job: Job): Promise<Outcome>;
}

/** Runs a stage's mocha tests, with further environment variables. */
export type RunTests = (env?: NodeJS.ProcessEnv) => Promise<Outcome>;

interface TestOptions extends Partial<Omit<Stage, 'folder' | 'run'>> {
  /** The number of processes among which its files are divided. */
  processes?: number;
  /** Whether the coverage must meet functions/.c8rc.json when all of its tests run. */
  coverage?: boolean;
  /** Further environment variables. */
  env?: (job: Job) => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  /** Wraps the tests, to start a server for them or to skip them. */
  around?: (job: Job, run: RunTests) => Promise<Outcome>;
}

/** A stage that runs all mocha tests below a folder. */
export function tests(folder: string, options: TestOptions = {}): Stage {
  const { lane = 'compute', processes = 1, coverage = false, env, around, ...rest } = options;
  return {
    ...{ lane, folder, ...rest },
    async run(job) {
      const { files, filter, print } = job;
      const isWholeStage = files.length === 0 && filter.length === 0;
      const mocha = {
        ...{ files: files.length > 0 ? files : testFilesIn(folder), filter, print },
        ...{ processes, coverage: coverage && isWholeStage },
      };
      const own = await env?.(job);
      const run: RunTests = (more) => runMocha({ ...mocha, env: { ...job.env, ...own, ...more } });
      return around ? around(job, run) : run();
    },
  };
}

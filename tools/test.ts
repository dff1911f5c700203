// npm test: runs the stages, two at a time, continues after a failure, and ends with a summary. Usage: --help.
import { ROOT } from './lib/emulator-setup.ts';
import { type Emulators, startEmulators } from './lib/emulators.ts';
import { runInLanes } from './lib/lanes.ts';
import { failure, type Outcome } from './lib/outcome.ts';
import { portRange } from './lib/ports.ts';
import { fail, type Print } from './lib/run.ts';
import { type Row, StageOutput, summarize } from './lib/stage-report.ts';
import { stages } from './lib/stages.ts';
import { readArguments, type TestArguments, usage } from './lib/test-arguments.ts';
import { planTests } from './lib/test-plan.ts';

/** Runs stages and keeps their rows for the summary. */
class TestRun {
  readonly rows: Row[] = [];
  readonly #args: TestArguments;
  readonly #output: StageOutput;

  constructor(args: TestArguments, output: StageOutput) {
    this.#args = args;
    this.#output = output;
  }

  /** Runs stages one after the other. Stages with emulators share them. */
  async runAll(names: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    let emulators: Promise<Emulators> | undefined;
    const { firestore, filter, selected, full } = this.#args;
    const jobEnv = { ...env, ...(full && { GATEHOUSE_FULL_TESTS: 'true' }) };
    for (const name of names) {
      const stage = stages[name];
      if (stage === undefined) continue;
      await this.#runStage(name, async (print) => {
        if (stage.emulators !== undefined) emulators ??= this.#startEmulators(stage.emulators);
        const job = { firestore, filter, files: selected.get(name) ?? [], print };
        return stage.run({ ...job, env: { ...jobEnv, ...(await emulators)?.env } });
      });
    }
    // If they did not start, each stage has reported it.
    await emulators?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
  }

  /** Uses free ports, because `npm start` may be running, and no watch, because another stage may be building. */
  #startEmulators(projectId: string): Promise<Emulators> {
    const logFile = `${ROOT}/.gatehouse/test-${projectId}.log`;
    return startEmulators({
      projectId,
      firestore: this.#args.firestore,
      ports: 'free',
      watch: false,
      logFile,
    });
  }

  async #runStage(name: string, run: (print: Print) => Promise<Outcome>): Promise<void> {
    const print = this.#output.begin(name);
    const begin = performance.now();
    const outcome = await run(print).catch((error: Error) => failure(error.message));
    this.rows.push({ name, seconds: (performance.now() - begin) / 1000, ...outcome });
    this.#output.end(name);
  }
}

async function main(args: TestArguments): Promise<void> {
  const names = Object.keys(stages);
  const { before, groups, after, omitted } = planTests(stages, args);
  const run = new TestRun(args, new StageOutput([before, ...groups, after].flat().length === 1));
  await run.runAll(before);
  await runInLanes(
    groups.map((group) => ({
      lane: group.some((name) => stages[name]?.lane === 'wait') ? 'wait' : 'compute',
      run: (lane) => run.runAll(group, portRange(lane + 1)),
    })),
  );
  await run.runAll(after);

  const rows = run.rows.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  const isEmpty = rows.every(({ passed, failed, skipped }) => passed + failed + skipped === 0);
  if (isEmpty) rows.push({ name: '', seconds: 0, ...failure(`no test matches ${args.filter.join(' ')}`) });
  console.log(summarize(rows, omitted));
  process.exitCode = rows.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** Reads the command line. Prints an error in it in one line. */
function read(): TestArguments {
  try {
    return readArguments(stages);
  } catch (error) {
    return fail(error);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
Object.assign(process.env, portRange(0));
const args = read();
if (args.help) console.log(usage(Object.keys(stages)));
else await main(args);

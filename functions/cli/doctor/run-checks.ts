import type { ProjectAccess } from '../project/request.ts';
import { type Check, NotApplicable, type Subject } from './check.ts';
import { CHECKS } from './checks/index.ts';
import { type Finding, finding } from './findings.ts';
import { type LiveProject, openLiveProject } from './live-project.ts';
import type { ProjectFiles } from './project-files.ts';

/** What became of a check. */
export interface Outcome {
  readonly check: string;
  /** The codebase or kit instance that it examined. */
  readonly codebase: string;
  /** `skipped`: it does not concern the project, or was not asked for. `failed`: it could not run, so nothing is known. */
  readonly status: 'ok' | 'found' | 'skipped' | 'failed';
  /** Why it was skipped or failed. */
  readonly reason?: string;
}

export interface Report {
  readonly outcomes: readonly Outcome[];
  readonly findings: readonly Finding[];
}

/**
 * Runs all checks on every installation of a project.
 *
 * @param access a text says why the live project is not read
 * @param now this machine's clock, in milliseconds
 */
export async function runChecks(
  files: ProjectFiles,
  access: ProjectAccess | string,
  now: () => number,
): Promise<Report> {
  if (files.installations.length === 0) return { outcomes: [], findings: [notInstalled(files)] };
  const live = typeof access === 'string' ? access : openLiveProject(access, now);
  const results = await Promise.all(
    files.installations.flatMap((installation) =>
      CHECKS.map(async (check) => {
        const { findings = [], ...result } = await runCheck(check, { files, installation }, live);
        return { findings, outcome: { check: check.name, codebase: installation.codebase, ...result } };
      }),
    ),
  );
  return {
    outcomes: results.map(({ outcome }) => outcome),
    findings: unique(results.flatMap(({ findings }) => findings)),
  };
}

/** Two installations share the project: what is wrong with it is reported once. */
const unique = (findings: readonly Finding[]) => [
  ...new Map(findings.map((one) => [`${one.id} ${one.what}`, one])).values(),
];

async function runCheck(
  check: Check,
  subject: Subject,
  live: LiveProject | string,
): Promise<Pick<Outcome, 'status' | 'reason'> & { findings?: readonly Finding[] }> {
  try {
    let findings: readonly Finding[];
    if (check.reads === 'files') findings = await check.run(subject);
    else if (typeof live === 'string') return { status: 'skipped', reason: live };
    else findings = await check.run({ ...subject, live });
    return { status: findings.length > 0 ? 'found' : 'ok', findings };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: error instanceof NotApplicable ? 'skipped' : 'failed', reason };
  }
}

function notInstalled({ firebaseJson }: ProjectFiles): Finding {
  const sources = firebaseJson.functions.map(({ source }) => source).join(', ') || 'no functions';
  return finding(
    'not-installed',
    `firebase.json has ${sources}, and none of them is Gatehouse: a clone has a gatehouse.config.ts, a kit or library @gatehouse/functions`,
    'Install it, or run this in the folder of the right firebase.json.',
  );
}

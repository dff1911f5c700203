import type { Finding } from './findings.ts';
import type { ProjectFiles } from './project-files.ts';
import type { Outcome, Report } from './run-checks.ts';

/** The report as text, or as JSON of the shape that docs/reference/cli.md describes. */
export function formatReport({ projectId, installations }: ProjectFiles, report: Report, json: boolean) {
  const { outcomes, findings } = report;
  const found = installations.map(({ kind, codebase, source }) => ({ kind, codebase, source }));
  if (json) {
    const data = { version: 1, project: projectId ?? null, installations: found, checks: outcomes, findings };
    return JSON.stringify(data, null, 2);
  }
  const names = found.map(({ kind, codebase, source }) => `${kind} ${codebase} in ${source}`);
  const title = [`gatehouse doctor: ${projectId ?? 'no project'}`, ...names].join(', ');
  return [title, ...findings.map(formatFinding), formatOutcomes(outcomes), summary(report)]
    .filter((part) => part !== '')
    .join('\n\n');
}

const formatFinding = ({ id, severity, what, fix, docs }: Finding) =>
  `${severity} ${id}\n  ${what}\n  Fix: ${fix}\n  See: ${docs}`;

/** The checks that did not end with a result, by reason. */
function formatOutcomes(outcomes: readonly Outcome[]): string {
  const lines = (['failed', 'skipped'] as const).flatMap((status) => {
    const some = outcomes.filter((outcome) => outcome.status === status);
    const verb = status === 'failed' ? 'could not run' : 'skipped';
    return [...Map.groupBy(some, ({ reason = '' }) => reason)].map(
      ([reason, same]) => `${verb}: ${same.map(({ check }) => check).join(', ')} (${reason})`,
    );
  });
  return lines.join('\n');
}

function summary({ outcomes, findings }: Report): string {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${errors} errors, ${findings.length - errors} warnings; ${count('ok')} checks ok, ${count('skipped')} skipped, ${count('failed')} could not run`;
}

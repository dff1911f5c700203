import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { applicationDefault } from './credentials.ts';
import { type ProjectFiles, readProjectFiles, UnreadableFile } from './doctor/project-files.ts';
import { formatReport } from './doctor/report.ts';
import { type Report, runChecks } from './doctor/run-checks.ts';
import type { ProjectAccess } from './project/request.ts';

const USAGE = `Usage: gatehouse doctor [options]

Looks for mistakes in the files of a project and, with Google credentials, in the project itself. Changes nothing.

  --project <id>       the project, or its alias in .firebaserc; otherwise the alias "default"
  --offline            read the files only
  --json               print the report as JSON
  --timeout <seconds>  how long to wait for each answer of Google, 10 by default

Exit code: 0 without errors, 1 with errors, 2 for wrong usage, 3 if a check could not run and no other found an error.`;

/** Exit codes. */
const EXIT = { ok: 0, found: 1, usage: 2, incomplete: 3 } as const;

function readArguments(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      project: { type: 'string' },
      offline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '10' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new Error(`--timeout ${values.timeout}: is not a number of seconds`);
  return { ...values, deadlineMs: seconds * 1000 };
}

/** How to read the live project, or why it is not read. */
function accessTo(
  { projectId }: ProjectFiles,
  isOffline: boolean,
  deadlineMs: number,
): ProjectAccess | string {
  if (isOffline) return '--offline';
  if (projectId === undefined) return 'name the project: --project <id>';
  if (projectId.startsWith('demo-')) return `${projectId} exists only in the emulators`;
  return { projectId, accessToken: applicationDefault(projectId), quotaProject: projectId, deadlineMs };
}

function exitCode({ findings, outcomes }: Report): number {
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.found;
  return outcomes.some(({ status }) => status === 'failed') ? EXIT.incomplete : EXIT.ok;
}

export default {
  summary: 'look for mistakes in the files of a project and in the project itself',
  async run(args) {
    try {
      const { project, offline, json, deadlineMs, help } = readArguments(args);
      if (help) {
        console.log(USAGE);
        return EXIT.ok;
      }
      const files = readProjectFiles(process.cwd(), project);
      const report = await runChecks(files, accessTo(files, offline, deadlineMs), Date.now);
      console.log(formatReport(files, report, json));
      return exitCode(report);
    } catch (error) {
      // Of `parseArgs`, too.
      if (!(error instanceof Error)) throw error;
      console.error(
        error instanceof UnreadableFile
          ? `gatehouse: ${error.message}`
          : `gatehouse: ${error.message}\n\n${USAGE}`,
      );
      return EXIT.usage;
    }
  },
} satisfies Command;

import { requireFromCli } from './firebase-tools.ts';

interface Options {
  projectId?: string;
  project?: string;
}
type Check = (options: Options, ...rest: unknown[]) => Promise<unknown>;

/** Asks for no login in a demo project, which exists only in the emulators: `functions:shell` refuses to start otherwise. */
export function needNoLoginInDemoProjects(): void {
  const modules: [object: Record<string, Check>, name: string][] = [
    [requireFromCli('./lib/requireAuth.js'), 'requireAuth'],
    [requireFromCli('./lib/requirePermissions.js'), 'requirePermissions'],
  ];
  for (const [module, name] of modules) {
    const check = module[name];
    if (!check) throw new Error(`the Firebase CLI has no ${name}`);
    module[name] = async (options, ...rest) =>
      (options.projectId ?? options.project)?.startsWith('demo-') ? null : check(options, ...rest);
  }
}

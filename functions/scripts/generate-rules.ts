import { ALL_PERMISSIONS, type Permission } from '../src/authz/permissions.ts';
import { ALL_ROLES, permissionsOf } from '../src/authz/roles.ts';

const BEGIN = '// gatehouse:roles begin';
const END = '// gatehouse:roles end';

/**
 * Generates the role functions of `firestore.rules` from `gatehouse.config.ts`, between two markers: `holdsOneOf`, and one
 * `can…` function for each permission that the rules use, e.g. `canReadNotes` for `notes:read`.
 *
 * @throws Error if a marker is missing, or if the rules use a function without a permission
 */
export function generateRules(rules: string): string {
  const [before, between, after] = split(rules);
  const indent = /^ *(?=\/\/ gatehouse:roles end)/m.exec(rules)?.[0] ?? '';
  const functions = [holdsOneOf(), ...usedPermissions(before + after).map(canFunction)];
  const lines = functions.join('\n\n').replaceAll(/^(?=.)/gm, indent);
  const [note = ''] = between.split('\n');
  return `${before}${BEGIN}${note}\n${lines}\n${indent}${END}${after}`;
}

function split(rules: string): [before: string, between: string, after: string] {
  const begin = rules.indexOf(BEGIN);
  const end = rules.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`firestore.rules has no lines "${BEGIN}" and "${END}"`);
  return [rules.slice(0, begin), rules.slice(begin + BEGIN.length, end), rules.slice(end + END.length)];
}

/** Rules have no loops, so there is a line for each role. */
function holdsOneOf(): string {
  const lines = ALL_ROLES.map((role) => `'${role}' in roles && isActive('${role}')`);
  return `function holdsOneOf(roles) {\n  return hasRoleClaims() && (\n    ${lines.join('\n    || ')}\n  );\n}`;
}

function usedPermissions(rules: string): Permission[] {
  const names = new Map(ALL_PERMISSIONS.map((permission) => [functionName(permission), permission]));
  const called = new Set([...rules.matchAll(/\b(can[A-Z]\w*)\(\)/g)].map(([, name = '']) => name));
  for (const name of called) {
    if (!names.has(name)) throw new Error(`firestore.rules uses ${name}(), for which there is no permission`);
  }
  return ALL_PERMISSIONS.filter((permission) => called.has(functionName(permission)));
}

function canFunction(permission: Permission): string {
  const holders = ALL_ROLES.filter((role) => permissionsOf([role]).includes(permission));
  const list = holders.map((role) => `'${role}'`).join(', ');
  return `// ${permission}\nfunction ${functionName(permission)}() {\n  return holdsOneOf([${list}]);\n}`;
}

/** `notes:read` → `canReadNotes` */
function functionName(permission: Permission): string {
  const [resource = '', action = ''] = permission.split(':');
  return `can${capitalized(action)}${capitalized(resource)}`;
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

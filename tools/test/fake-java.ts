import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';

/**
 * Installs a fake `java`, because not every machine has one: it creates the file `ran`, and serves the embedded Firestore on
 * the port in its arguments, like Google's emulator. @returns a PATH on which it is the first
 */
export function installFakeJava(folder: string, version: number): string {
  const java = `#!/bin/sh
    case "$*" in
      *-version)
        echo 'openjdk version "${version}.0.1" 2026-01-20' >&2
        ;;
      *)
        touch '${folder}/ran'
        while [ "$1" != --port ]; do shift; done
        '${process.execPath}' '${ROOT}/packages/firestore-emulator/main.ts' --port "$2" |
          while read -r line; do echo 'Dev App Server is now running.'; done
        ;;
    esac`;
  writeFileSync(join(folder, 'java'), java, { mode: 0o755 });
  return [folder, process.env.PATH].join(delimiter);
}

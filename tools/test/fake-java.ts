import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../lib/emulator-setup.ts';

const SERVER = pathToFileURL(`${ROOT}/packages/firestore-emulator/server.ts`).href;

/**
 * Installs a fake `java`, because not every machine has one: it creates the file `ran`, and serves the embedded Firestore on
 * the port in its arguments, like Google's emulator, in one process.
 * @returns a PATH on which it is the first
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
        exec '${process.execPath}' --input-type=module --eval '
          const { startFirestore } = await import("${SERVER}");
          await startFirestore({ port: Number(process.argv[1]) });
          console.log("Dev App Server is now running.");' "$2"
        ;;
    esac`;
  writeFileSync(join(folder, 'java'), java, { mode: 0o755 });
  return [folder, process.env.PATH].join(delimiter);
}

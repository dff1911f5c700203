// npm run doctor: `gatehouse doctor` of this clone.
import doctor from '../functions/cli/doctor.ts';

process.exitCode = await doctor.run(process.argv.slice(2));

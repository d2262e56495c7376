// speedscope.mjs FILE...: opens each in the released speedscope, as its own command line tool does,
// and reads what it shows: the profiles it found, and of the first the table of functions.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {tell, withPage} from './browser.mjs';

const app = path.join(process.env.CONSUMER_NPM, 'node_modules/speedscope/dist/release/index.html');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'speedscope-'));

async function open(page, file) {
    const data = fs.readFileSync(file).toString('base64');
    const script = path.join(folder, path.basename(file) + '.js');
    fs.writeFileSync(script, `speedscope.loadFileFromBase64(${JSON.stringify(path.basename(file))},` +
        ` ${JSON.stringify(data)})`);
    await page.goto(`file://${app}#localProfilePath=${script}`);
    await page.reload(); // another fragment alone loads nothing
    await page.getByText('Sandwich').first().waitFor({timeout: 20000});
}

// The list of profiles is there, hidden, from the beginning.
const readProfiles = (page) => page.locator('tr[title]:not(:visible)').evaluateAll((rows) =>
    rows.map((row) => row.getAttribute('title')));

async function readTable(page) {
    await page.getByText('Sandwich').first().click();
    await page.locator('table:visible td').first().waitFor();
    return page.locator('table:visible tr').evaluateAll((rows) => rows.map((row) =>
        Array.from(row.querySelectorAll('td'), (cell) => cell.textContent)));
}

tell(await withPage(async (page, complaints) => {
    const seen = {};
    for (const file of process.argv.slice(2)) {
        await open(page, file);
        seen[file] = {
            title: await page.title(), profiles: await readProfiles(page),
            table: await readTable(page),
        };
    }
    return {seen, complaints};
}, {viewport: {width: 1600, height: 1400}}));
fs.rmSync(folder, {recursive: true});

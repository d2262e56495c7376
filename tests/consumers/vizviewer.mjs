// vizviewer.mjs URL FILE: what VizTracer's viewer shows of a trace that it serves; a screenshot goes to FILE.
import {tell, withPage} from './browser.mjs';

const [url, file] = process.argv.slice(2);

const tracks = (page) => page.locator('.pf-track__title').allTextContents();

tell(await withPage(async (page, complaints) => {
    await page.goto(url);
    await page.waitForFunction(
        () => document.querySelectorAll('.pf-track__title').length > 1, null, {timeout: 60000});
    const processes = page.locator('.pf-track__title').filter({hasText: 'python app.py'});
    await processes.first().click(); // unfolds it
    await page.waitForFunction(
        () => document.body.innerText.includes('MainThread'), null, {timeout: 20000});
    await page.waitForTimeout(1000); // until the slices are drawn
    await page.screenshot({path: file});
    return {tracks: await tracks(page), complaints};
}, {viewport: {width: 1400, height: 700}}));

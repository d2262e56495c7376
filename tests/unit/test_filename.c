/* filename: shortened as far as the packages reach, by the disk where it can be asked. */
#include "analysis/filename.h"

#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static void make(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void test_packages_on_disk(void **state)
{
    (void)state;
    char top[] = "/tmp/heatline-filename-XXXXXX";
    char package[64], inner[64], path[128];
    assert_non_null(mkdtemp(top));
    snprintf(package, sizeof package, "%s/foo", top);
    snprintf(inner, sizeof inner, "%s/foo/sub", top);
    assert_int_equal(mkdir(package, 0700) | mkdir(inner, 0700), 0);
    make(package, "__init__.py");
    make(inner, "__init__.py");
    make(inner, "bar.py");
    make(top, "main.py");

    struct filename f;
    filename_init(&f);
    snprintf(path, sizeof path, "%s/bar.py", inner);
    assert_string_equal(filename_short(&f, path), "foo/sub/bar.py");
    snprintf(path, sizeof path, "%s/main.py", top);
    assert_string_equal(filename_short(&f, path), "main.py");
    snprintf(path, sizeof path, "%s/gone.py", inner); /* not there: the name alone tells nothing */
    assert_string_equal(filename_short(&f, path), "gone.py");
    filename_release(&f);

    const char *const files[] = {"foo/sub/bar.py", "foo/sub/__init__.py", "foo/__init__.py",
                                 "main.py"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", top, files[i]);
        unlink(path);
    }
    rmdir(inner);
    rmdir(package);
    assert_int_equal(rmdir(top), 0);
}

static void test_names_alone(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"},
        {"<string>", "<string>"},
        {"</a/b>", "</a/b>"},
        {"main.py", "main.py"},
        {"", ""},
        {"/", "/"},
        {"/none/x/", "/none/x/"},
        {"/none/app/main.py", "main.py"},
        {"none/app/main.py", "main.py"},
        {"/none/lib/python3.12/json/encoder.py", "json/encoder.py"},
        {"/none/lib/python3.13t/json/encoder.py", "json/encoder.py"},
        {"/none/lib/python3/dist-packages/foo/bar.py", "foo/bar.py"},
        {"/none/lib/python3.9/site-packages/foo/bar.py", "foo/bar.py"},
        {"/none/lib/pythonic/foo.py", "foo.py"},
    };
    struct filename f;
    filename_init(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(filename_short(&f, cases[i][0]), cases[i][1]);
    filename_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packages_on_disk),
        cmocka_unit_test(test_names_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

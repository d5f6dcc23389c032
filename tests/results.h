/* Results as commands emit them, for tests that draw. */
#ifndef LL_TESTS_RESULTS_H
#define LL_TESTS_RESULTS_H

static const char table_json[] =
    "{\"kind\":\"t\",\"title\":\"Devices\",\"columns\":[{\"key\":\"name\",\"title\":\"device\",\"digits\":-1}"
    ","
    "{\"key\":\"lat\",\"title\":\"median\",\"unit\":\"ms\",\"digits\":2},{\"key\":\"ok\",\"title\":\"good\","
    "\"digits\":-1}],"
    "\"rows\":[{\"name\":\"a\",\"lat\":1.005,\"ok\":true},{\"name\":\"long_name\",\"lat\":null,\"ok\":false},"
    "{\"name\":\"b\",\"lat\":123.4}],\"notes\":[\"one note\"]}";

static const char corr_json[] =
    "{\"kind\":\"corr\",\"title\":\"Spearman\",\"devices\":[\"dev_a\",\"dev_b\",\"dev_c\"],"
    "\"matrix\":[[1,0.25,null],[0.25,1,0.5],[null,0.5,1]]}";

#endif

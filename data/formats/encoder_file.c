#include "data/formats/encoder_file.h"

#include <string.h>

#include "core/base/system/fs.h"
#include "core/space/files/space_json.h"
#include "data/formats/safetensors.h"

static const char format[] = "latlab encoding 1";
#define PREFIX "encoding."

ll_status ll_encoder_write(const ll_encoder *c, const char *path, ll_error *e)
{
    ll_tensors t = {0};
    cJSON *space = ll_space_json(c->space);
    ll_tensors_set_text(&t, "format", format);
    ll_tensors_set_json(&t, "space", space);
    cJSON_Delete(space);
    ll_status s = ll_encoder_save(c, PREFIX, &t, e);
    if (!s) s = ll_safetensors_write(path, &t, e);
    ll_tensors_free(&t);
    return s;
}

static ll_status build(const ll_tensors *t, ll_encoder **out, ll_error *e)
{
    const char *stated = ll_tensors_text(t, "format");
    const ll_space *space = NULL;
    cJSON *item = NULL;
    if (!stated || strcmp(stated, format))
        return ll_fail(e, LL_BAD_DATA, "it is no encoding that `encode` has saved");
    ll_status s = ll_tensors_finite(t, e);
    if (!s) s = ll_tensors_json(t, "space", &item, e);
    if (!s) s = ll_space_from_json(item, &space, e);
    if (!s) s = ll_encoder_load(t, PREFIX, space, out, e);
    cJSON_Delete(item);
    return s;
}

ll_status ll_encoder_read(const char *path, ll_encoder **out, ll_error *e)
{
    ll_tensors t = {0};
    ll_error why = {0};
    *out = NULL;
    ll_status s = ll_safetensors_read(path, &t, e);
    if (s) return s;
    s = build(&t, out, &why);
    if (s) ll_fail(e, s, "%s: %s", ll_path_base(path), why.message);
    ll_tensors_free(&t);
    return s;
}

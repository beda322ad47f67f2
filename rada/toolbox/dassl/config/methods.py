"""Settings of the methods that come with Dassl.

The methods themselves are not part of this core; their keys are, because configs name them and a
printed config shows them.
"""

DOMAIN_ADAPTATION = {
    "MCD": {"N_STEP_F": 4},
    "MME": {"LMDA": 0.1},
    "CDAC": {
        "CLASS_LR_MULTI": 10,
        "RAMPUP_COEF": 30,
        "RAMPUP_ITRS": 1000,
        "TOPK_MATCH": 5,
        "P_THRESH": 0.95,
        "STRONG_TRANSFORMS": (),
    },
    "SE": {"EMA_ALPHA": 0.999, "CONF_THRE": 0.95, "RAMPUP": 300},
    "M3SDA": {"LMDA": 0.5, "N_STEP_F": 4},
    "DAEL": {"WEIGHT_U": 0.5, "CONF_THRE": 0.95, "STRONG_TRANSFORMS": ()},
}

DOMAIN_GENERALISATION = {
    "CROSSGRAD": {"EPS_F": 1.0, "EPS_D": 1.0, "ALPHA_F": 0.5, "ALPHA_D": 0.5},
    "DDAIG": {
        "G_ARCH": "",
        "LMDA": 0.3,
        "CLAMP": False,
        "CLAMP_MIN": -1.0,
        "CLAMP_MAX": 1.0,
        "WARMUP": 0,
        "ALPHA": 0.5,
    },
    "DAELDG": {"WEIGHT_U": 0.5, "CONF_THRE": 0.95, "STRONG_TRANSFORMS": ()},
    "DOMAINMIX": {"TYPE": "crossdomain", "ALPHA": 1.0, "BETA": 1.0},
}

SEMI_SUPERVISED = {
    "ENTMIN": {"LMDA": 1e-3},
    "MEANTEACHER": {"WEIGHT_U": 1.0, "EMA_ALPHA": 0.999, "RAMPUP": 5},
    "MIXMATCH": {"WEIGHT_U": 100.0, "TEMP": 2.0, "MIXUP_BETA": 0.75, "RAMPUP": 20000},
    "FIXMATCH": {"WEIGHT_U": 1.0, "CONF_THRE": 0.95, "STRONG_TRANSFORMS": ()},
}

METHODS = {**DOMAIN_ADAPTATION, **DOMAIN_GENERALISATION, **SEMI_SUPERVISED}
